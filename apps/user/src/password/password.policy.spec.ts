import fc from 'fast-check';
import { problemWith } from './password.policy';

const OWNER = ['Citra Dewi', 'citra.dewi@kopi.example'];

it.each([
  'kopi-susu-melati',
  'correct horse battery staple',
  'Warung hujan biru 7',
  'demo-agent-2026',
  'пароль из пяти слов',
  'x'.repeat(1) + randomish(255),
])('takes %s', (password) => {
  expect(problemWith(password, OWNER)).toBeNull();
});

it.each([
  ['short ones', 'Xk9#mQ2!z', /at least 10/],
  ['nothing', '', /at least 10/],
  ['what is short though it takes many bytes', '😀'.repeat(9), /at least 10/],
  ['what is too long', randomish(257), /at most 256/],
  ['what leaked', 'password123', /easy to guess/],
  ['what leaked, dressed up', 'P@ssw0rd123', /easy to guess/],
  ['walks on the keyboard', 'qwertyuiop[]', /easy to guess/],
  ['one thing again and again', 'aaaaaaaaaaaaaaaaaaaa', /easy to guess/],
  ['numbers in a row', '12345678901234', /easy to guess/],
  ['the owner’s name', 'citradewi1', /easy to guess/],
  ['the owner’s email', 'citra.dewi@kopi.example', /easy to guess/],
])('refuses %s', (_, password, why) => {
  expect(problemWith(password, OWNER)).toMatch(why);
});

it('bears anything, in a moment', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 1_024, unit: 'binary' }), (password) => {
      const began = performance.now();
      problemWith(password, OWNER);
      return performance.now() - began < 2_000;
    }),
    { numRuns: 200 },
  );
});

function randomish(length: number): string {
  let [text, seed] = ['', 7];
  while (text.length < length) {
    seed = (seed * 16_807) % 2_147_483_647;
    text += seed.toString(36);
  }
  return text.slice(0, length);
}

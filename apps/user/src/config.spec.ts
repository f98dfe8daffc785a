import { userConfig } from './config';

const NEEDED = {
  PORT: '0',
  RABBITMQ_URL: 'amqp://broker',
  DATABASE_URL: 'postgres://database',
  SECRETS_KEY: Buffer.alloc(32).toString('base64'),
};
const MAIL = {
  SMTP_URL: 'smtps://user:p%40ss@mail.example.com:465',
  MAIL_FROM: 'WABA SCRM <no-reply@example.com>',
  CONSOLE_URL: 'https://app.example.com',
};
const problems = (env: Record<string, string>) =>
  userConfig.safeParse({ ...NEEDED, ...env }).error?.issues.map(({ path }) => path.join()) ?? [];

it('takes no mail settings, or all of them', () => {
  expect(problems({})).toEqual([]);
  expect(problems(MAIL)).toEqual([]);
  expect(problems({ ...MAIL, MAIL_FROM: 'no-reply@example.com' })).toEqual([]);
  expect(problems({ SMTP_URL: MAIL.SMTP_URL })).toEqual(['MAIL_FROM', 'CONSOLE_URL']);
});

it.each([
  ['SMTP_URL', 'mail.example.com'],
  ['SMTP_URL', 'https://mail.example.com'],
  ['MAIL_FROM', 'nobody'],
  ['MAIL_FROM', 'A <a@example.com>, b@example.com'],
  ['MAIL_FROM', 'A\r\nBcc: x@example.com <a@example.com>'],
  ['CONSOLE_URL', 'app.example.com'],
  ['CONSOLE_URL', 'javascript:alert(1)'],
])('refuses %s=%j', (name, value) => {
  expect(problems({ ...MAIL, [name]: value })).toContain(name);
});

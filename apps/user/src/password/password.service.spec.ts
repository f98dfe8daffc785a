import * as argon2 from '@node-rs/argon2';
import { hashPassword, PasswordService } from './password.service';

jest.mock('@node-rs/argon2', () => {
  const real = jest.requireActual<typeof argon2>('@node-rs/argon2');
  return { ...real, verify: jest.fn(real.verify) };
});
const verify = jest.mocked(argon2.verify);
const passwords = new PasswordService();
beforeEach(() => verify.mockClear());

it('hashes as Argon2id with 19 MiB, 2 passes, 1 lane', async () => {
  expect(await hashPassword('secret')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

it('tells a right password from a wrong one', async () => {
  const known = await hashPassword('secret');
  expect(await passwords.matches('secret', known)).toBe(true);
  expect(await passwords.matches('Secret', known)).toBe(false);
});

it('does the same work for an account that does not exist', async () => {
  expect(await passwords.matches('secret', undefined)).toBe(false);
  expect(verify).toHaveBeenCalledTimes(1);
  const [[hash]] = verify.mock.calls as [[string, string]];
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

it('never has more than two hashes in work', async () => {
  let running = 0;
  let most = 0;
  verify.mockImplementation(async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return true;
  });
  const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => passwords.matches('p', 'h')));
  expect(most).toBe(2);
  expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(18);
  expect(outcomes.filter((o) => o.status === 'rejected')).toHaveLength(32);
});

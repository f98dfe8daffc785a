import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { LocalKeyWrapper, MasterKeyError, WrappedKeyError } from './key-wrapper';
import { readMasterKeys, secretsConfig, withMasterKeys } from './master-keys';

const [older, newer] = [randomBytes(32), randomBytes(32)];
const base64 = (...keys: Buffer[]) => keys.map((key) => key.toString('base64'));

describe('master keys', () => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'scrm-keys-'));
    file = join(folder, 'master');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are read from the setting or from a file, the one that wraps first', () => {
    expect(readMasterKeys({ SECRETS_KEY: base64(newer).join() })).toEqual([newer]);
    expect(readMasterKeys({ SECRETS_KEY: base64(newer, older).join(', ') })).toEqual([newer, older]);
    writeFileSync(file, `${base64(newer, older).join('\n')}\n`);
    expect(readMasterKeys({ SECRETS_KEY_FILE: file })).toEqual([newer, older]);
  });

  const schema = withMasterKeys(z.object({ ...secretsConfig.shape, PORT: z.string() }));
  it.each([
    ['none', {}, 'SECRETS_KEY', /either/],
    ['both', { SECRETS_KEY: base64(newer)[0], SECRETS_KEY_FILE: 'x' }, 'SECRETS_KEY_FILE', /either/],
    ['a short key', { SECRETS_KEY: 'c2hvcnQ=' }, 'SECRETS_KEY', /32 bytes/],
    ['what is no base64', { SECRETS_KEY: '!'.repeat(44) }, 'SECRETS_KEY', /32 bytes/],
    ['one good key and one bad', { SECRETS_KEY: `${base64(newer)[0]},x` }, 'SECRETS_KEY', /32 bytes/],
    ['a file that is not there', { SECRETS_KEY_FILE: '/nowhere/key' }, 'SECRETS_KEY_FILE', /ENOENT/],
  ])('are refused, by the name of the setting, where it has %s', (_, config, name, message) => {
    const { error } = schema.safeParse({ PORT: '1', ...config });
    expect(error!.issues).toEqual([
      expect.objectContaining({ path: [name], message: expect.stringMatching(message) as string }),
    ]);
    expect(schema.shape).toHaveProperty('PORT');
  });
});

describe('a wrapped key', () => {
  const key = randomBytes(32);
  const before = new LocalKeyWrapper([older]);
  const both = new LocalKeyWrapper([newer, older]);

  it('unwraps with the master key that wrapped it, also when that is not the first any more', async () => {
    const wrapped = await before.wrap(key, 'a');
    expect(wrapped.masterKeyId).toBe(before.masterKeyId);
    await expect(both.unwrap(wrapped, 'a')).resolves.toEqual(key);
    expect((await both.wrap(key, 'a')).masterKeyId).not.toBe(before.masterKeyId);
  });

  it('says which master key is missing, and in which setting', async () => {
    const wrapped = await both.wrap(key, 'a');
    const attempt = before.unwrap(wrapped, 'a');
    await expect(attempt).rejects.toThrow(MasterKeyError);
    await expect(attempt).rejects.toThrow(
      new RegExp(`${both.masterKeyId}.*SECRETS_KEY.*${before.masterKeyId}`),
    );
  });

  it('unwraps for nothing else, and not when it was changed', async () => {
    const wrapped = await both.wrap(key, 'a');
    await expect(both.unwrap(wrapped, 'b')).rejects.toThrow(WrappedKeyError);
    for (let i = 0; i < wrapped.wrapped.length; i++) {
      const changed = { ...wrapped, wrapped: Buffer.from(wrapped.wrapped) };
      changed.wrapped[i]! ^= 1;
      await expect(both.unwrap(changed, 'a')).rejects.toThrow(WrappedKeyError);
    }
  });
});

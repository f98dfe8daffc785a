const vault = 'libs/database/test/keys.it.ts';
const signing = 'apps/user/test/signing-key.it.ts';

/** Secrets at rest, and the keys of tokens. @type {import('../mutation.mjs').Mutation[]} */
export const KEYS = [
  {
    name: 'a-sealed-value-fits-every-row',
    promise: 'a sealed value opens in its own row only',
    file: 'libs/database/src/keys/sealed-value.ts',
    find: `[tenantId, column, rowId].join('\\0')`,
    replace: `[tenantId, column, rowId].slice(0, 2).join('\\0')`,
    tests: [{ file: vault, name: 'opens nowhere but where it belongs' }],
  },
  {
    name: 'a-retired-signing-key-is-gone-at-once',
    promise: 'a new signing key signs nobody out',
    file: 'apps/user/src/signing-key/signing-key.repository.ts',
    find: `key.retired_at IS NULL OR key.retired_at > now() - interval '15 minutes'`,
    replace: 'key.retired_at IS NULL',
    tests: [{ file: signing, name: 'are replaced while people work: nobody is signed out' }],
  },
  {
    name: 'the-key-set-is-from-memory',
    promise: 'no pod signs with a key that another does not publish yet',
    file: 'apps/user/src/signing-key/signing-key.service.ts',
    find: 'keys: (await this.readOrKept()).map(',
    replace: 'keys: (this.keys.length > 0 ? this.keys : await this.readOrKept()).map(',
    tests: [{ file: signing, name: 'are replaced while people work: nobody is signed out' }],
  },
  {
    name: 'a-withdrawn-signing-key-is-believed-on',
    promise: 'a signing key that was withdrawn is believed no more',
    file: 'libs/platform/src/published-keys.ts',
    find: 'else if (now - this.readAt > KEYS_FRESH_MS &&',
    replace: 'else if (now - this.readAt > KEYS_FRESH_MS * 1e6 &&',
    tests: [
      { file: 'libs/platform/src/published-keys.spec.ts', name: 'is believed no more when it was withdrawn' },
    ],
  },
];

const mfa = 'apps/user/test/mfa.it.ts';
const policy = 'apps/user/test/security-policy.it.ts';

/** Second factors. @type {import('../mutation.mjs').Mutation[]} */
export const MFA = [
  {
    name: 'a-code-is-good-twice',
    promise: 'a code of an authenticator is good once, and none of before',
    file: 'apps/user/src/mfa/mfa.repository.ts',
    find: 'AND (last_step IS NULL OR last_step < $2)',
    replace: 'AND $2 > 0',
    tests: [
      { file: mfa, name: 'uses a code once, and none of a step before that' },
      { file: mfa, name: 'is in once, when two come with the same code at the same moment' },
    ],
  },
  {
    name: 'codes-are-not-counted',
    promise: 'guessing a code is slow, also for whoever knows the password',
    file: 'apps/user/src/mfa/second-factor.service.ts',
    find: `what: 'second-factor', account, address }`,
    replace: "what: 'second-factor', account, address: `${address}${Math.random()}` }",
    tests: [
      { file: mfa, name: 'is guessed at a thousand times, ever more slowly, and gets in all the while' },
    ],
  },
  {
    name: 'a-policy-and-the-old-sessions',
    promise: 'who must have a second factor and has none is out',
    file: 'apps/user/src/security-policy/security-policy.service.ts',
    find: 'const over = await endTokensOf(manager, without);',
    replace: 'const over = [];',
    tests: [
      { file: policy, name: 'takes effect at once: who has no second factor is out, and others are not' },
    ],
  },
  {
    name: 'an-old-password-sets-up-a-second-factor',
    promise: 'a challenge is over with the password it came from',
    file: 'apps/user/src/mfa/mfa.service.ts',
    find: '      await stillMay?.();\n',
    replace: '',
    tests: [
      { file: policy, name: 'is set up by nobody whose password is another one by now, or who is out' },
    ],
  },
];

const mail = 'apps/user/test/mail.it.ts';
const reset = 'apps/user/test/password-reset.it.ts';

/** Mail comes, once, and tells strangers nothing. @type {import('../mutation.mjs').Mutation[]} */
export const MAIL = [
  {
    name: 'a-claim-without-a-lease',
    promise: 'a mail is sent by one pod',
    file: 'apps/user/src/mail/mail.repository.ts',
    find: 'next_attempt_at = now() + ${LEASE}',
    replace: 'next_attempt_at = now()',
    tests: [{ file: mail, name: 'is sent by one pod, where there are two' }],
  },
  {
    name: 'a-mail-that-failed-is-over',
    promise: 'a mail waits for a mail server that is away',
    file: 'apps/user/src/mail/mail.sender.ts',
    find: `(outcome === 'failed' ? this.repository.postpone(mail) : this.repository.settle(mail))`,
    replace: `this.repository.settle(mail)`,
    tests: [{ file: mail, name: 'comes once the mail server is back, and once only' }],
  },
  {
    name: 'mails-without-a-bound',
    promise: 'nobody is flooded with mail',
    file: 'apps/user/src/mail/mail.repository.ts',
    find: 'm.counted < ${MOST_AN_HOUR} OR',
    replace: 'm.counted > 0 OR',
    tests: [
      {
        file: mail,
        name: 'floods nobody: the fourth in an hour is not sent, and its link is handed over as before',
      },
      {
        file: reset,
        name: 'gets nobody more than three mails in an hour, from however many addresses they are asked for',
      },
    ],
  },
  {
    name: 'a-reset-looks-first',
    promise: 'nobody learns who has an account',
    file: 'apps/user/src/password-reset/password-reset.repository.ts',
    find: '(email) VALUES ($1) ON CONFLICT',
    replace: '(email) SELECT email FROM agent WHERE email = $1 ON CONFLICT',
    tests: [{ file: reset, name: 'is not told by the time that it takes: nobody looks before the answer' }],
  },
  {
    name: 'a-reset-leaves-sessions',
    promise: 'a new password ends what the old one began',
    file: 'apps/user/src/password-reset/password-reset.repository.ts',
    find: 'const ended = await endSessionsOf(manager, tenantId, [agentId]);',
    replace: 'const ended: Revocation[] = [];',
    tests: [
      {
        file: reset,
        name: 'gives a new password to whoever gets the mail, and ends what the old one began',
      },
    ],
  },
];

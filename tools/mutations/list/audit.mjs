const trail = 'libs/database/test/audit.it.ts';
const inbox = 'apps/waba/test/audit.it.ts';
const overseer = 'apps/ws/test/overseer.it.ts';

/** Who did what cannot be changed later. @type {import('../mutation.mjs').Mutation[]} */
export const AUDIT = [
  {
    name: 'entries-race-for-their-number',
    promise: 'the audit trail of a tenant is one chain',
    file: 'libs/database/src/audit/audit-schema.ts',
    find: "PERFORM pg_advisory_xact_lock(hashtextextended('audit:' || NEW.tenant_id, 0));",
    replace: '',
    tests: [{ file: trail, name: 'is one chain of each tenant, also where many write at once' }],
  },
  {
    name: 'a-hash-of-itself-alone',
    promise: 'an entry that was written anew by itself shows',
    file: 'libs/database/src/audit/verify-audit.ts',
    find: "if (row.previous !== (head?.hash ?? '')) return broken(seq, 'it does not follow the entry before it');",
    replace: '',
    tests: [
      {
        file: trail,
        name: 'names an entry that was written anew by itself, and does not follow the one before',
      },
    ],
  },
  {
    name: 'auditors-look-unseen',
    promise: 'what auditors read of customers is in the trail',
    file: 'apps/waba/src/audit/audit.service.ts',
    find: 'if (isOverseer(principal)) await',
    replace: 'if (isOverseer(principal) && !principal) await',
    tests: [{ file: inbox, name: 'is whole' }],
  },
  {
    name: 'auditors-listen-unseen',
    promise: 'who only looks on is in the trail before they see anything',
    file: 'apps/ws/src/socket/session.ts',
    find: 'if (isOverseer(principal) && !this.follower) await this.context.watch(token);',
    replace: '',
    tests: [
      { file: overseer, name: 'is in the audit trail, once, and sees everything' },
      { file: overseer, name: 'is not opened where that cannot be written down' },
    ],
  },
];

const stream = 'apps/waba/test/stream.it.ts';

/** Who may see what. @type {import('../mutation.mjs').Mutation[]} */
export const ISOLATION = [
  {
    name: 'no-policy-on-contacts',
    promise: 'the database itself keeps tenants apart',
    file: 'apps/waba/src/db/migrations/1763800000000-initial.ts',
    find: '...TENANT_TABLES.flatMap((table) => tenantIsolation(',
    replace: `...TENANT_TABLES.filter((table) => table !== 'contact').flatMap((table) => tenantIsolation(`,
    tests: [
      { file: stream, name: 'keeps tenants apart in every table' },
      { file: stream, name: 'refuses to write a row of another tenant' },
    ],
  },
  {
    name: 'tenant-stays-on-the-connection',
    promise: 'a pooled connection carries no tenant over',
    file: 'libs/database/src/transaction.ts',
    find: `set_config('scrm.tenant_id', $1, true)`,
    replace: `set_config('scrm.tenant_id', $1, false)`,
    tests: [
      {
        file: 'libs/database/test/transaction.it.ts',
        name: 'leaves no tenant on the connection',
      },
    ],
  },
  {
    name: 'writes-where-it-may-not-see',
    promise: 'an agent writes only in conversations that they may see',
    file: 'apps/waba/src/message/message.service.ts',
    find: '!conversation || !canSee(principal, scope, audienceOf(conversation))',
    replace: '!conversation',
    tests: [
      {
        file: 'apps/waba/test/inbox.it.ts',
        name: 'shows a conversation to those who may see it, and to nobody else',
      },
    ],
  },
];

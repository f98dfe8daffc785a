const settings = 'apps/user/test/tenant-settings.it.ts';
const lists = 'apps/user/test/lists.it.ts';

/** What admins say of their business and its people. @type {import('../mutation.mjs').Mutation[]} */
export const DIRECTORY = [
  {
    name: 'the-last-admin-wins',
    promise: 'nobody overwrites settings that they never saw',
    file: 'apps/user/src/tenant/tenant.repository.ts',
    find: 'manager.update(Tenant, { id, version },',
    replace: 'manager.update(Tenant, { id },',
    tests: [{ file: settings, name: 'are not overwritten by who has not seen them' }],
  },
  {
    name: 'any-cursor-will-do',
    promise: 'a cursor of another order is refused, and skips nobody',
    file: 'libs/database/src/sorted-list.ts',
    find: 'if (of !== sort)',
    replace: 'if (!of)',
    tests: [{ file: lists, name: 'a cursor of another order is refused' }],
  },
];

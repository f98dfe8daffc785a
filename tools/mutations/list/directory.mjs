const settings = 'apps/user/test/tenant-settings.it.ts';
const imports = 'apps/user/test/agent-import.it.ts';
const csv = 'apps/back/src/agent-file/csv.spec.ts';
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
  {
    name: 'a-rehearsal-that-stays',
    promise: 'a dry run of an import changes nothing',
    file: 'apps/user/src/agent-import/agent-import.repository.ts',
    find: 'if (rehearsal) throw new Rehearsed();',
    replace: '',
    tests: [{ file: imports, name: 'says in a dry run what it would do, and does nothing' }],
  },
  {
    name: 'formulas-in-cells',
    promise: 'a spreadsheet carries out nothing that somebody wrote as their name',
    file: 'apps/back/src/agent-file/csv.writer.ts',
    find: 'FORMULA.test(text)',
    replace: 'text === null',
    tests: [{ file: csv, name: 'begins no cell as a formula does' }],
  },
];

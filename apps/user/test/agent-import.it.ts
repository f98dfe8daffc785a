import {
  agentImport,
  agentList,
  agentMe,
  agentUpdate,
  invitationAccept,
  ROLE_GRANTS,
  roleCreate,
  type ImportedLine,
  type RpcRequest,
} from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import { eventually } from '@scrm/testing';
import jwt from 'jsonwebtoken';
import { APP_ROLE } from '../src/db/roles';
import {
  admin,
  asRole,
  demo,
  leader,
  PROVISIONING_ROLE,
  startUserStack,
  stranger,
  SYSTEM_ROLE,
  type UserStack,
} from './stack';

let stack: UserStack;
let token: string;
beforeAll(async () => {
  stack = await startUserStack();
  token = (await stack.signIn(admin)).accessToken;
});
afterAll(() => stack.close());

type Lines = RpcRequest<typeof agentImport>['lines'];
const [sales, support] = demo.teams as [{ id: string; name: string }, { id: string; name: string }];
let unique = 0;
const fresh = () => `import${++unique}@demo.test`;
const cells = (email: string, more: object = {}) => ({ name: 'Sari Wulan', email, role: 'agent', ...more });
const run = async (rows: Record<string, string>[], { dryRun = false, as = token } = {}) => {
  const lines: Lines = rows.map((row, i) => ({ line: i + 2, cells: row }));
  return (await stack.rpc.call(agentImport, { dryRun, lines }, { token: as })).lines;
};
const everybody = async () => {
  const rows = (table: string) => `SELECT t::text FROM ${table} t ORDER BY 1`;
  const people = await asRole(stack.databaseUrl, SYSTEM_ROLE, (db) =>
    Promise.all(['agent', 'team_member', 'invitation'].map((table) => db.query<unknown[]>(rows(table)))),
  );
  const skills = await asRole(stack.databaseUrl, APP_ROLE, (db) =>
    inTenant(db, demo.tenant.id, (manager) => manager.query<unknown[]>(rows('agent_skill'))),
  );
  return [...people, skills];
};
const find = async (email: string) =>
  (await stack.rpc.call(agentList, { q: email }, { token })).items.find((one) => one.email === email);

it('makes agents of good lines, with all that they say, and invites them', async () => {
  const email = fresh();
  const more = {
    teams: `${sales.name} | ${support.name}|${sales.name}`,
    skills: 'VIP:5|refunds',
    languages: 'id|pt_BR',
    capacity: ' 7 ',
    timeZone: 'Asia/Jakarta',
  };
  const [line] = await run([cells(` ${email.toUpperCase()} `, more)]);
  expect(line).toMatchObject({ line: 2, outcome: 'created', email, column: null, reason: null });
  expect(await find(email)).toMatchObject({
    id: line!.agentId,
    status: 'invited',
    teams: [{ id: sales.id, leader: false }, { id: support.id }],
    skills: [
      { name: 'refunds', level: 1 },
      { name: 'vip', level: 5 },
    ],
    languages: ['id', 'pt-BR'],
    capacity: 7,
    timeZone: 'Asia/Jakarta',
  });
  const password = 'kopi-susu-melati';
  await stack.rpc.call(invitationAccept, { token: line!.invitation!.token, password });
  const { accessToken } = await stack.signIn({ email, password });
  expect((jwt.decode(accessToken) as { teams: string[] }).teams.sort()).toEqual(
    [sales.id, support.id].sort(),
  );
});

it('fails bad lines alone, and says which, where and why', async () => {
  const emails = Array.from({ length: 3 }, fresh);
  const bad: [Record<string, string>, string, RegExp][] = [
    [cells('nobody'), 'email', /email/i],
    [cells(fresh(), { role: 'owner' }), 'role', /"admin"/],
    [cells(fresh(), { name: ' ' }), 'name', />=1/],
    [cells(fresh(), { name: 'Sari\0' }), 'name', /one line/],
    [cells(fresh(), { teams: 'Sales|Moon' }), 'teams', /no team "Moon"/],
    [cells(fresh(), { skills: 'vip:9' }), 'skills', /<=5/],
    [cells(fresh(), { skills: 'vip:high' }), 'skills', /number/],
    [cells(fresh(), { skills: 'vip|VIP' }), 'skills', /once/],
    [cells(fresh(), { languages: 'id|klingon!' }), 'languages', /language/],
    [cells(fresh(), { capacity: '501' }), 'capacity', /<=500/],
    [cells(fresh(), { capacity: '-1' }), 'capacity', /number/],
    [cells(fresh(), { timeZone: 'Mars' }), 'timeZone', /IANA/],
    [cells(stranger.agents[0]!.email), 'email', /elsewhere/],
    [{ role: 'agent' }, 'name', />=1/],
  ];
  const rows = [cells(emails[0]!), ...bad.map(([row]) => row), cells(emails[1]!), cells(emails[2]!)];
  const lines = await run(rows);
  expect(lines.map(({ line }) => line)).toEqual(rows.map((_, i) => i + 2));
  const failed = lines.slice(1, 1 + bad.length);
  for (const [i, [, column, reason]] of bad.entries())
    expect(failed[i]).toMatchObject({
      outcome: 'failed',
      column,
      reason: expect.stringMatching(reason) as string,
      agentId: null,
      invitation: null,
    });
  for (const email of emails) expect(await find(email)).toMatchObject({ status: 'invited' });
});

it('takes roles of the business’s own by their ids, as an export has them', async () => {
  const make = async (name: string, grants: RpcRequest<typeof roleCreate>['grants']) =>
    (await stack.rpc.call(roleCreate, { name, grants }, { token })).id;
  const [role, more] = [
    await make('Reader', { 'agent.read': 'all' }),
    await make('Auditor', { 'audit.read': 'all' }),
  ];
  const inviter = await make('Host', { 'agent.read': 'all', 'agent.invite': 'all' });
  const emails = [fresh(), fresh(), fresh()];
  const [created, unknown] = await run([
    cells(emails[0]!, { role: role.toUpperCase() }),
    cells(emails[1]!, { role: demo.tenant.id }),
  ]);
  expect(created).toMatchObject({ outcome: 'created' });
  expect(unknown).toMatchObject({ outcome: 'failed', column: 'role', reason: 'there is no such role' });
  expect(await find(emails[0]!)).toMatchObject({ role });
  expect(await run([cells(emails[0]!, { role })])).toMatchObject([{ outcome: 'exists' }]);
  await stack.rpc.call(agentUpdate, { agentId: leader.id, role: inviter }, { token });
  const as = (await stack.signIn(leader)).accessToken;
  const lines = await run([cells(emails[1]!, { role: more }), cells(emails[2]!, { role })], { as });
  expect(lines).toMatchObject([{ outcome: 'failed', column: 'role' }, { outcome: 'created' }]);
  await stack.rpc.call(agentUpdate, { agentId: leader.id, role: 'leader' }, { token });
});

it('puts nobody into a team for who may not change teams', async () => {
  const grants = { ...ROLE_GRANTS.agent, 'agent.invite': 'all' as const };
  const { id: role } = await stack.rpc.call(roleCreate, { name: 'Inviter', grants }, { token });
  const give = (to: string) => stack.rpc.call(agentUpdate, { agentId: leader.id, role: to }, { token });
  await give(role);
  const as = (await stack.signIn(leader)).accessToken;
  const lines = await run([cells(fresh(), { teams: sales.name }), cells(fresh())], { as });
  expect(lines).toMatchObject([{ outcome: 'failed', column: 'teams' }, { outcome: 'created' }]);
  await give('leader');
});

const outcomes = (lines: ImportedLine[]) => lines.map(({ outcome }) => outcome);

it('changes nothing the second time, whatever the file says by then', async () => {
  const rows = [cells(fresh(), { teams: sales.name, skills: 'vip' }), cells(fresh())];
  const first = await run(rows);
  const before = await everybody();
  const changed = rows.map((row) => ({
    ...row,
    name: 'Other',
    role: 'admin',
    skills: 'all:5',
    teams: support.name,
  }));
  const second = await run([...changed, cells(admin.email.toUpperCase(), { role: 'agent' })]);
  expect(outcomes(second)).toEqual(['exists', 'exists', 'exists']);
  expect(second.map(({ agentId }) => agentId)).toEqual([...first.map(({ agentId }) => agentId), admin.id]);
  expect(second.map(({ invitation }) => invitation)).toEqual([null, null, null]);
  expect(await everybody()).toEqual(before);
});

it('says in a dry run what it would do, and does nothing', async () => {
  const twice = fresh();
  const rows = [
    cells(fresh(), { teams: sales.name, skills: 'vip:2' }),
    cells('nobody'),
    cells(admin.email),
    cells(stranger.agents[0]!.email),
    cells(twice),
    cells(twice),
  ];
  const before = await everybody();
  const rehearsed = await run(rows, { dryRun: true });
  expect(await everybody()).toEqual(before);
  expect(outcomes(rehearsed)).toEqual(['created', 'failed', 'exists', 'failed', 'created', 'exists']);
  expect(rehearsed.map(({ invitation }) => invitation)).toEqual(rows.map(() => null));
  expect(outcomes(await run(rows))).toEqual(outcomes(rehearsed));
});

it('makes each agent once, when the same people come twice at the same moment', async () => {
  for (let round = 0; round < 5; round++) {
    const rows = Array.from({ length: 50 }, () => cells(fresh(), { teams: sales.name }));
    const lines = await Promise.all([run(rows), run([...rows].reverse()), run(rows)]);
    const created = lines.flat().filter(({ outcome }) => outcome === 'created');
    expect(created.map(({ email }) => email).sort()).toEqual(rows.map(({ email }) => email).sort());
    expect(new Set(lines.flat().map(({ outcome }) => outcome))).toEqual(new Set(['created', 'exists']));
  }
});

it('waits for who brings the same people, and never in a circle', async () => {
  const emails = ['a', 'm', 'z'].map((first) => `${first}-${fresh()}`);
  const rows = emails.map((email) => cells(email));
  await asRole(stack.databaseUrl, PROVISIONING_ROLE, async (db) => {
    const holder = db.createQueryRunner();
    await holder.startTransaction();
    // Somebody else is about to take the one in the middle: what came before it is taken by then.
    await holder.query(
      `INSERT INTO agent (id, tenant_id, name, email, role) VALUES (gen_random_uuid(), $1, 'M', $2, 'agent')`,
      [demo.tenant.id, emails[1]],
    );
    const imports = Promise.all([run(rows), run([...rows].reverse())]);
    await eventually(async () => {
      const waiting = await db.query<unknown[]>(
        `SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)
          WHERE NOT l.granted AND a.datname = current_database()`,
      );
      expect(waiting).toHaveLength(2);
    });
    await holder.rollbackTransaction();
    await holder.release();
    const lines = (await imports).flat();
    expect(
      lines
        .filter(({ outcome }) => outcome === 'created')
        .map(({ email }) => email)
        .sort(),
    ).toEqual(emails);
  });
});

it('is for those who may invite', async () => {
  const { accessToken: as } = await stack.signIn(leader);
  await expect(run([cells(fresh())], { as })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(run([], { as })).rejects.toMatchObject({ code: 'forbidden' });
});

/** 10,000 say how long the largest file takes. */
const LINES = Number(process.env.IMPORT_LINES ?? 2_000);

it('takes many lines in batches, and answers others meanwhile', async () => {
  const slowest = { batch: 0, other: 0 };
  const timed = async (what: keyof typeof slowest, work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    slowest[what] = Math.max(slowest[what], performance.now() - start);
  };
  let isDone = false;
  const others = (async () => {
    while (!isDone) await timed('other', () => stack.rpc.call(agentMe, {}, { token }));
  })();
  const start = performance.now();
  for (let batch = 0; batch < LINES / 200; batch++) {
    const rows = Array.from({ length: 200 }, () =>
      cells(fresh(), { teams: sales.name, skills: 'vip:2|refunds:1' }),
    );
    await timed('batch', async () =>
      expect(new Set(outcomes(await run(rows)))).toEqual(new Set(['created'])),
    );
  }
  const seconds = (performance.now() - start) / 1000;
  isDone = true;
  await others;
  const [batch, other] = [slowest.batch, slowest.other].map((ms) => `${ms.toFixed(0)} ms`);
  process.stderr.write(
    `import of ${LINES}: ${seconds.toFixed(1)} s, slowest batch ${batch}, other question ${other}\n`,
  );
  // A batch has the five seconds of any question.
  expect(slowest.batch).toBeLessThan(5_000);
  expect(slowest.other).toBeLessThan(2_000);
}, 180_000);

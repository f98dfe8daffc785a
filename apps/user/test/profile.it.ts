import { agentList, agentMe, agentUpdate, profileUpdate, type RpcRequest } from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import { APP_ROLE } from '../src/db/roles';
import { admin, agent, asRole, demo, startUserStack, stranger, type UserStack } from './stack';

let stack: UserStack;
let token: string;
let own: string;
beforeAll(async () => {
  stack = await startUserStack();
  token = (await stack.signIn(admin)).accessToken;
  own = (await stack.signIn(agent)).accessToken;
});
afterAll(() => stack.close());

type Change = Omit<RpcRequest<typeof agentUpdate>, 'agentId'>;
const me = () => stack.rpc.call(agentMe, {}, { token: own });
const update = (change: Change, agentId = agent.id) =>
  stack.rpc.call(agentUpdate, { agentId, ...change }, { token });
const updateOwn = (change: RpcRequest<typeof profileUpdate>) =>
  stack.rpc.call(profileUpdate, change, { token: own });
const found = async (query: RpcRequest<typeof agentList>) =>
  (await stack.rpc.call(agentList, query, { token })).items.map(({ id }) => id);

it('is empty at first, as it is for agents from before there were profiles', async () => {
  expect(await me()).toMatchObject({
    skills: [],
    languages: [],
    capacity: 20,
    workingHours: null,
    timeZone: null,
  });
});

it('is what admins say, one by one, and ends no access', async () => {
  await update({
    skills: [
      { name: ' Refunds ', level: 3 },
      { name: 'returns', level: 1 },
    ],
  });
  await update({ languages: ['id', 'en_US'], capacity: 0 });
  const monday = [{ from: '22:00', to: '24:00' }];
  const last = await update({ workingHours: { monday }, timeZone: 'Asia/Jayapura' });
  expect(last).toMatchObject({
    skills: [
      { name: 'refunds', level: 3 },
      { name: 'returns', level: 1 },
    ],
    languages: ['id', 'en-US'],
    capacity: 0,
    workingHours: { monday, tuesday: [] },
    timeZone: 'Asia/Jayapura',
  });
  // The token from before is good still: a profile is no right.
  expect(await me()).toMatchObject({ capacity: 0, skills: last.skills });
  await update({ skills: [{ name: 'returns', level: 5 }], workingHours: null });
  expect(await me()).toMatchObject({
    skills: [{ name: 'returns', level: 5 }],
    workingHours: null,
    capacity: 0,
  });
  await update({ skills: [] });
  expect((await me()).skills).toEqual([]);
});

it('is partly one’s own to change', async () => {
  await updateOwn({ name: 'Citra D.', languages: ['id'], timeZone: 'Asia/Makassar' });
  expect(await updateOwn({ timeZone: null })).toMatchObject({
    name: 'Citra D.',
    languages: ['id'],
    timeZone: null,
  });
  expect(await updateOwn({})).toEqual(await me());
  const others = { skills: [{ name: 'all', level: 5 }], capacity: 500, role: 'admin' } as object;
  const { skills, capacity, role } = await updateOwn(others);
  expect([skills, capacity, role]).toEqual([[], 0, 'agent']);
});

it('finds agents by skill, level and language', async () => {
  const [, second] = demo.agents.slice(2) as (typeof agent)[] as [typeof agent, typeof agent];
  await update({ skills: [{ name: 'vip', level: 2 }], languages: ['id', 'ja'] });
  await update({ skills: [{ name: 'vip', level: 4 }], languages: ['ja'] }, second.id);
  expect(await found({ skill: 'VIP' })).toEqual([agent.id, second.id]);
  expect(await found({ skill: 'vip', minLevel: 3 })).toEqual([second.id]);
  expect(await found({ skill: 'vip', minLevel: 5 })).toEqual([]);
  expect(await found({ language: 'id', skill: 'vip' })).toEqual([agent.id]);
});

it('answers who could take a conversation now, in one statement', async () => {
  await update({
    skills: [{ name: 'vip', level: 4 }],
    languages: ['ja'],
    capacity: 3,
    timeZone: 'Asia/Tokyo',
  });
  const always = Object.fromEntries(
    ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'].map((day) => [
      day,
      [{ from: '00:00', to: '24:00' }],
    ]),
  );
  await update({ workingHours: always });
  const question = `
    SELECT a.id FROM agent_skill s
      JOIN agent a ON a.id = s.agent_id AND a.status = 'active'
      JOIN tenant t ON t.id = a.tenant_id
     CROSS JOIN LATERAL (SELECT now() AT TIME ZONE coalesce(a.time_zone, t.time_zone) AS here) clock
     CROSS JOIN LATERAL (SELECT coalesce(a.working_hours, t.working_hours) AS hours) work
     WHERE s.tenant_id = $1 AND s.skill = 'vip' AND s.level >= 3 AND 'ja' = ANY(a.languages) AND a.capacity > 2
       AND (hours IS NULL OR EXISTS (
         SELECT FROM jsonb_to_recordset(hours -> to_char(here, 'FMday')) AS i("from" text, "to" text)
          WHERE i."from" <= to_char(here, 'HH24:MI') AND to_char(here, 'HH24:MI') < i."to"))`;
  const ask = () =>
    asRole(stack.databaseUrl, APP_ROLE, (db) =>
      inTenant(db, demo.tenant.id, (manager) => manager.query<{ id: string }[]>(question, [demo.tenant.id])),
    );
  const ids = async () => (await ask()).map(({ id }) => id);
  expect(await ids()).toContain(agent.id);
  await update({ workingHours: {} });
  expect(await ids()).not.toContain(agent.id);
  await update({ workingHours: null, capacity: 2 });
  expect(await ids()).not.toContain(agent.id);
});

const skills = (...names: string[]) => names.map((name) => ({ name, level: 1 }));
const wrong: [string, Change, RegExp][] = [
  ['a level of nothing', { skills: [{ name: 'vip', level: 0 }] }, />=1/],
  ['a level beyond', { skills: [{ name: 'vip', level: 6 }] }, /<=5/],
  ['a skill twice', { skills: skills('vip', ' VIP') }, /once/],
  ['a skill without a name', { skills: skills(' ') }, /skills/],
  ['a skill that no file could say', { skills: skills('a:b') }, /\| or :/],
  ['more than anybody can', { capacity: 501 }, /<=500/],
  ['less than nothing', { capacity: -1 }, />=0/],
  [
    'hours that overlap',
    { workingHours: { monday: [1, 2].map(() => ({ from: '09:00', to: '10:00' })) } },
    /overlap/,
  ],
  ['a time zone that is none', { timeZone: 'Mars/Olympus' }, /IANA/],
];
it.each(wrong)('takes not %s', async (_, change, says) => {
  const refusal = (await update(change).catch((error: unknown) => error)) as { code: string };
  expect(refusal.code).toBe('invalid_request');
  expect(JSON.stringify(refusal)).toMatch(says);
});

it('is nobody’s to change from another business', async () => {
  await expect(update({ capacity: 1 }, stranger.agents[0]!.id)).rejects.toMatchObject({ code: 'not_found' });
});

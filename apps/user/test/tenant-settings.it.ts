import { tenantGet, tenantUpdate, type RpcRequest } from '@scrm/contracts';
import { admin, agent, demo, leader, startUserStack, stranger, type UserStack } from './stack';

let stack: UserStack;
let token: string;
beforeAll(async () => {
  stack = await startUserStack();
  token = await tokenOf(admin);
});
afterAll(() => stack.close());

type Change = Omit<RpcRequest<typeof tenantUpdate>, 'version'>;
const tokenOf = async (who: typeof admin) => (await stack.signIn(who)).accessToken;
const get = (as = token) => stack.rpc.call(tenantGet, {}, { token: as });
const change = (what: Change, version: number, as = token) =>
  stack.rpc.call(tenantUpdate, { version, ...what }, { token: as });
const update = async (what: Change) => change(what, (await get()).version);
const mornings = [{ from: '08:00', to: '12:00' }];

it('begin with what holds for every business', async () => {
  expect(await get(await tokenOf(agent))).toEqual({
    id: demo.tenant.id,
    name: demo.tenant.name,
    timeZone: 'UTC',
    languages: [],
    workingHours: null,
    specialDays: [],
    messageRetentionDays: null,
    mediaRetentionDays: null,
    version: 1,
  });
});

it('are changed one by one, and everybody of the business sees them', async () => {
  const night = [{ from: '20:00', to: '24:00' }];
  await update({ timeZone: 'Asia/Jakarta', languages: ['id', 'pt_BR'] });
  // In the order of the day, whatever the order they come in.
  await update({ workingHours: { monday: [...night, ...mornings] } });
  await update({
    specialDays: [
      { date: '2026-12-31', hours: mornings },
      { date: '2026-12-25', name: 'Christmas', hours: [] },
    ],
  });
  await update({ messageRetentionDays: 730, mediaRetentionDays: 90, name: 'Kopi & Teh' });
  const seen = await get(await tokenOf(agent));
  expect(seen).toMatchObject({
    name: 'Kopi & Teh',
    timeZone: 'Asia/Jakarta',
    languages: ['id', 'pt-BR'],
    workingHours: { monday: [...mornings, ...night], tuesday: [], sunday: [] },
    specialDays: [
      { date: '2026-12-25', name: 'Christmas', hours: [] },
      { date: '2026-12-31', name: '', hours: mornings },
    ],
    messageRetentionDays: 730,
    mediaRetentionDays: 90,
  });
  await update({ workingHours: null, messageRetentionDays: null, mediaRetentionDays: null });
  const again = await get();
  expect([again.workingHours, again.messageRetentionDays, again.timeZone]).toEqual([
    null,
    null,
    'Asia/Jakarta',
  ]);
  const other = await get(await tokenOf(stranger.agents[0] as typeof admin));
  expect(other).toMatchObject({ name: 'Another shop', timeZone: 'UTC', version: 1 });
});

it('are not overwritten by who has not seen them', async () => {
  const { version } = await get();
  const names = ['First', 'Second', 'Third', 'Fourth'];
  const race = await Promise.allSettled(names.map((name) => change({ name }, version)));
  const won = race.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  expect(won).toHaveLength(1);
  const lost = race.flatMap((one) =>
    one.status === 'rejected' ? [(one.reason as { code: string }).code] : [],
  );
  expect(lost).toEqual(['conflict', 'conflict', 'conflict']);
  expect(await get()).toEqual(won[0]);
  expect(won[0]!.version).toBe(version + 1);
});

it('are for admins to change', async () => {
  for (const who of [leader, agent])
    await expect(change({ name: 'Mine' }, 1, await tokenOf(who))).rejects.toMatchObject({
      code: 'forbidden',
    });
});

const wrong: [string, Change, RegExp][] = [
  ['a time zone that is none', { timeZone: 'Asia/Atlantis' }, /IANA/],
  ['an offset for a time zone', { timeZone: '+07:00' }, /IANA/],
  ['a language that is none', { languages: ['xx'] }, /language/],
  ['a language twice', { languages: ['pt-BR', 'pt_br'] }, /once/],
  [
    'hours that overlap',
    { workingHours: { friday: [...mornings, { from: '11:59', to: '14:00' }] } },
    /overlap/,
  ],
  [
    'hours that end before they begin',
    { workingHours: { friday: [{ from: '22:00', to: '06:00' }] } },
    /next day/,
  ],
  [
    'hours that take no time',
    { workingHours: { friday: [{ from: '22:00', to: '22:00' }] } },
    /after it begins/,
  ],
  [
    'a day that begins at its end',
    { workingHours: { friday: [{ from: '24:00', to: '24:00' }] } },
    /time of day/,
  ],
  ['a weekday that is none', { workingHours: { funday: mornings } as never }, /funday/],
  ['a date that is none', { specialDays: [{ date: '2026-02-30', hours: [] }] }, /date/],
  ['a date twice', { specialDays: [1, 2].map(() => ({ date: '2026-12-25', hours: [] })) }, /once/],
  ['a retention of days', { messageRetentionDays: 3 }, />=30/],
  ['media that outlive their messages', { messageRetentionDays: 60, mediaRetentionDays: 61 }, /longer/],
];
it.each(wrong)('do not take %s', async (_, what, says) => {
  const before = await get();
  const refusal = (await update(what).catch((error: unknown) => error)) as { code: string };
  expect(refusal.code).toBe('invalid_request');
  expect(JSON.stringify(refusal)).toMatch(says);
  expect(await get()).toEqual(before);
});

import { ID, startGateway, tokenWith, type Gateway } from '../../test/gateway';

let gateway: Gateway;
const token = tokenWith();
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
beforeEach(() => (gateway.rpc.calls = []));

const hours = (from: string, to: string) => [{ from, to }];

it.each([
  ['GET', '/tenant', undefined, 'tenant.get', {}],
  [
    'PATCH',
    '/tenant',
    { version: 1, timeZone: 'Asia/Jakarta' },
    'tenant.update',
    { version: 1, timeZone: 'Asia/Jakarta' },
  ],
  [
    'PATCH',
    '/tenant',
    { version: 2, workingHours: { monday: hours('22:00', '24:00') }, mediaRetentionDays: null },
    'tenant.update',
    { version: 2, workingHours: { monday: hours('22:00', '24:00') }, mediaRetentionDays: null },
  ],
  [
    'PATCH',
    '/me',
    { languages: ['pt_BR'], timeZone: null },
    'profile.update',
    { languages: ['pt_BR'], timeZone: null },
  ],
  [
    'PATCH',
    `/agents/${ID}`,
    { skills: [{ name: 'VIP', level: 5 }], capacity: 0, workingHours: null },
    'agent.update',
    { agentId: ID, skills: [{ name: 'VIP', level: 5 }], capacity: 0, workingHours: null },
  ],
  [
    'GET',
    '/agents?q=sa&sort=-email&skill=VIP&minLevel=3&language=pt_BR',
    undefined,
    'agent.list',
    { q: 'sa', sort: '-email', skill: 'VIP', minLevel: 3, language: 'pt_BR' },
  ],
  ['GET', `/teams/${ID}/members?leader=false`, undefined, 'team-member.list', { teamId: ID, leader: false }],
])('%s %s is a question to the user service', async (method, path, body, verb, request) => {
  const { status } = await gateway.ask(method, `/api/v1${path}`, { token, ...(body && { body }) });
  expect(status).toBe(200);
  expect(gateway.rpc.calls).toEqual([{ contract: `user.${verb}.v1`, request, token }]);
});

it.each([
  ['no version', '/tenant', { name: 'Kopi' }, 'version', /integer/],
  ['a blank name', '/tenant', { version: 1, name: '' }, 'name', /empty/],
  ['a time zone that is none', '/tenant', { version: 1, timeZone: 'Mars/Olympus' }, 'timeZone', /IANA/],
  [
    'a language that is none',
    '/tenant',
    { version: 1, languages: ['xx'] },
    'languages',
    /languages\.0 .* language/,
  ],
  [
    'hours that overlap',
    '/tenant',
    { version: 1, workingHours: { friday: [...hours('08:00', '12:00'), ...hours('11:00', '13:00')] } },
    'workingHours',
    /workingHours\.friday is not valid: must not overlap/,
  ],
  [
    'a holiday that is no date',
    '/tenant',
    { version: 1, specialDays: [{ date: 'Monday', hours: [] }] },
    'specialDays',
    /date/,
  ],
  [
    'a retention of a day',
    '/tenant',
    { version: 1, messageRetentionDays: 1 },
    'messageRetentionDays',
    />=30/,
  ],
  ['what nobody may set', '/tenant', { version: 1, status: 'suspended' }, 'status', /should not exist/],
  ['skills of one’s own', '/me', { skills: [] }, 'skills', /should not exist/],
  ['a role of one’s own', '/me', { role: 'admin' }, 'role', /should not exist/],
  ['more than anybody can', `/agents/${ID}`, { capacity: 501 }, 'capacity', /<=500/],
  ['a level beyond', `/agents/${ID}`, { skills: [{ name: 'vip', level: 6 }] }, 'skills', /skills\.0\.level/],
])('refuses %s', async (_, path, body, field, says) => {
  const answer = await gateway.ask('PATCH', `/api/v1${path}`, { token, body });
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid_request']);
  expect(answer.body.errors).toEqual([{ path: field, message: expect.stringMatching(says) as string }]);
  expect(gateway.rpc.calls).toEqual([]);
});

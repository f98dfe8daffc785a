import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenAPIObject } from '@nestjs/swagger';
import {
  PERMISSION_CATALOGUE,
  PERMISSIONS,
  ROLE_GRANTS,
  ROLES,
  type Permission,
} from '../../libs/contracts/src';
import { handlers, rpcs } from './handlers';
import { files, read, ROOT } from './workspace';
import { operationsOf, startGateway, tokenWith, type Call, type Gateway } from '../../apps/back/test/gateway';
import { requestFor } from '../../apps/back/test/requests';

/** Whether it is what the running gateway says is tested with the document. */
const document = JSON.parse(
  readFileSync(join(ROOT, 'libs/api-client/openapi.json'), 'utf8'),
) as OpenAPIObject;
const operations = operationsOf(document).map((operation) => ({
  ...operation,
  route: `${operation.method} ${operation.path.replace('/api/v1', '')}`,
}));

/** Routes that ask nobody, and why they may. */
const ASKS_NOBODY: Record<string, string> = {
  'GET /permissions': 'which permissions exist is the same for everybody, and stands in the code',
};

/** What the gateway itself asks, before a route. */
const ASKED_AT_THE_DOOR = {
  'user.api-key.allow.v1': 'how many requests a key may make',
  'user.api-key.exchange.v1': 'whom a key stands for',
};

const accessOf = new Map(
  rpcs.map(({ name, key }) => [key, handlers.find(({ contract }) => contract === name)?.access ?? '']),
);
const FOR_PEOPLE = ['signed-in', ...PERMISSIONS] as string[];
/** Contracts that the sources of an app name. */
const namedIn = (app: string) => {
  const sources = files().filter((file) => file.startsWith(`apps/${app}/src/`) && !file.endsWith('.spec.ts'));
  const text = sources.map(read).join('\n');
  return rpcs.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(text)).map(({ key }) => key);
};

/** What a service that owns data asks another one. */
const between = () =>
  ['user', 'waba'].flatMap((app) => namedIn(app).filter((key) => !key.startsWith(`${app}.`)));

const token = tokenWith({}, { role: 'admin' });
const asked = new Map<string, { status: number; calls: Call[] }>();
let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
  gateway.rpc.answer = () => ({ items: [], lines: [] });
  for (const operation of operations) {
    gateway.rpc.calls = [];
    const { path, ...request } = requestFor(document, operation);
    const { status } = await gateway.ask(operation.method, path, { ...request, token });
    asked.set(operation.route, { status, calls: gateway.rpc.calls });
  }
});
afterAll(() => gateway.close());

describe('a route', () => {
  it.each(operations)('$route asks services, in the name of whoever asks it', ({ route, operation }) => {
    const { status, calls } = asked.get(route)!;
    expect(status).toBeGreaterThanOrEqual(200);
    expect(status).toBeLessThan(300);
    const isPublic = !operation.security?.length;
    const wrong = calls.filter((call) => {
      const access = accessOf.get(call.contract)!;
      return isPublic
        ? access !== 'public' || call.token !== undefined
        : !FOR_PEOPLE.includes(access) || call.token !== token;
    });
    expect(wrong).toEqual([]);
  });

  it('asks nobody only where that is said here', () => {
    const silent = [...asked].filter(([, { calls }]) => calls.length === 0).map(([route]) => route);
    expect(silent).toEqual(Object.keys(ASKS_NOBODY));
  });
});

describe('a question', () => {
  const byRoutes = () => new Set([...asked.values()].flatMap(({ calls }) => calls.map((c) => c.contract)));

  it('that only services ask is asked by no route: who gets to the broker may ask it, and nobody else', () => {
    const ofServices = [...accessOf].filter(([, access]) => access === 'service').map(([key]) => key);
    const routes = byRoutes();
    expect(ofServices).not.toEqual([]);
    expect(ofServices.filter((key) => routes.has(key))).toEqual([]);
    const named = namedIn('back').filter((key) => ofServices.includes(key));
    expect(named.filter((key) => !(key in ASKED_AT_THE_DOOR))).toEqual([]);
  });

  it('that no route asks is one of the sockets, of the door or between services', () => {
    const [routes, others] = [
      byRoutes(),
      [...namedIn('ws'), ...Object.keys(ASKED_AT_THE_DOOR), ...between()],
    ];
    const silent = [...accessOf.keys()].filter((key) => !routes.has(key));
    expect(silent.sort()).toEqual(others.sort());
  });
});

/** Whoever changes who may do what sees it here, and whoever reviews the change does, too. */
it('is asked by whom we think', () => {
  const line = (route: string, key: string) => {
    const access = accessOf.get(key)!;
    const may = ROLES.map((role) => `${role} ${ROLE_GRANTS[role][access as Permission] ?? '-'}`);
    return `${route}: ${key}, ${access}${access in PERMISSION_CATALOGUE ? ` (${may.join(', ')})` : ''}`;
  };
  const lines = [...asked].flatMap(([route, { calls }]) =>
    [...new Set(calls.map((c) => c.contract))].sort().map((key) => line(route, key)),
  );
  const ofSockets = namedIn('ws').map((key) => line('socket', key));
  const ofDoor = Object.keys(ASKED_AT_THE_DOOR).map((key) => line('door', key));
  const ofServices = between().map((key) => line('service', key));
  expect([...lines, ...ofSockets, ...ofDoor, ...ofServices].sort()).toMatchSnapshot();
});

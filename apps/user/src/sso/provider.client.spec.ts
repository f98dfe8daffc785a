import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createLogger, Drain } from '@scrm/platform';
import type { CustomFetchOptions } from 'openid-client';
import type { UserConfig } from '../config';
import { ProviderClient } from './provider.client';

const clientIn = (NODE_ENV: UserConfig['NODE_ENV']) =>
  new ProviderClient(
    { NODE_ENV, CONSOLE_URL: 'https://console.test' } as UserConfig,
    createLogger('test', 'silent'),
    new Drain(),
  );
const client = clientIn('production');
const away = { code: 'sso_provider_unavailable' };

/** Somebody inside, who must not be connected to. */
let inside: Server;
let connections = 0;
let port: number;
beforeAll(async () => {
  inside = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  inside.listen(0, '127.0.0.1');
  await once(inside, 'listening');
  port = (inside.address() as AddressInfo).port;
});
afterAll(() => inside.close());
beforeEach(() => (connections = 0));

const signIn = (issuer: string, by = client) =>
  by.signInUrl(
    { issuer, clientId: 'c', clientSecret: 's' },
    { state: 's', nonce: 'n', verifier: 'v'.repeat(43) },
    undefined,
  );

it.each([
  ['http://login.kopi.example', /https/],
  ['https://127.0.0.1', /not in the internet/],
  ['https://2130706433', /not in the internet/],
  ['https://[::ffff:10.0.0.1]', /not in the internet/],
  ['https://169.254.169.254/latest', /not in the internet/],
])('takes no issuer %s in production', (issuer, why) => {
  expect(client.issuerProblem(issuer)).toMatch(why);
});

it('takes any in development, and one in the internet in production', () => {
  expect(clientIn('development').issuerProblem('http://127.0.0.1:3000')).toBeNull();
  expect(client.issuerProblem('https://login.kopi.example/tenant')).toBeNull();
});

it('connects to nobody inside by a name that leads there', async () => {
  await expect(signIn(`https://localhost:${port}`)).rejects.toMatchObject(away);
  expect(connections).toBe(0);
  await expect(signIn(`https://localhost:${port}`, clientIn('development'))).rejects.toMatchObject(away);
  expect(connections).toBe(1);
});

it.each([(p: number) => `https://127.0.0.1:${p}/token`, (p: number) => `http://localhost:${p}/token`])(
  'asks nobody inside whom a provider names (%#)',
  async (url) => {
    const { fetch } = client as unknown as {
      fetch(this: unknown, url: string, options: Partial<CustomFetchOptions>): Promise<Response>;
    };
    await expect(fetch.call(client, url(port), { method: 'POST' })).rejects.toThrow('not in the internet');
    expect(connections).toBe(0);
  },
);

import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Problem } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';
import { Revocations, startService, type RunningService } from '@scrm/platform';
import jwt from 'jsonwebtoken';
import { backConfig, type BackConfig } from '../src/config';
import { backService } from '../src/service';

export interface Call {
  contract: string;
  request: unknown;
  token: string | undefined;
}

/** Answers in place of the other services, and remembers what it was asked. */
export class StubRpc {
  calls: Call[] = [];
  answer: () => unknown = () => ({});

  call = async (contract: { key: string }, request: unknown, options: { token?: string } = {}) => {
    this.calls.push({ contract: contract.key, request, token: options.token });
    return this.answer();
  };
}

@Global()
@Module({})
class StubMessaging {
  static with(rpc: StubRpc): DynamicModule {
    const provider = { provide: RpcClient, useValue: rpc };
    return { module: StubMessaging, providers: [provider], exports: [RpcClient] };
  }
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KID = 'test-key';
export const PUBLIC_PEM = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const CLAIMS = {
  tid: '01980000-0000-7000-8000-000000000001',
  role: 'agent',
  teams: ['01980000-0000-7000-8000-0000000000a1'],
  sid: '01980000-0000-7000-8000-00000000c0de',
};

/** A token as the user service makes them; `options` and `claims` make it a wrong one. */
export function tokenWith(
  options: jwt.SignOptions = {},
  claims: object = {},
  key: jwt.Secret = privateKey,
): string {
  return jwt.sign({ ...CLAIMS, ...claims }, key, {
    algorithm: 'ES256',
    keyid: KID,
    subject: '01980000-0000-7000-8000-000000000b03',
    issuer: 'scrm',
    audience: 'scrm',
    expiresIn: 600,
    ...options,
  });
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & Partial<Problem>;
}
export interface RequestOptions {
  token?: string | null;
  body?: unknown;
  /** Sent as it is. */
  raw?: string;
  headers?: Record<string, string>;
}

export interface Gateway extends RunningService {
  rpc: StubRpc;
  /** Every route of the running service, e.g. `GET /api/v1/me`. */
  routes: string[];
  document: OpenAPIObject;
  revocations: Revocations;
  ask(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  close(): Promise<void>;
}

/** The real gateway, but for the services behind it. */
export async function startGateway(env: Partial<Record<keyof BackConfig, string>> = {}): Promise<Gateway> {
  const jwks = await publishKeys();
  const { port } = jwks.address() as AddressInfo;
  const config = backConfig.parse({
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'silent',
    RABBITMQ_URL: 'amqp://nobody',
    JWKS_URL: `http://127.0.0.1:${port}/`,
    ...env,
  });
  const rpc = new StubRpc();
  const routes: string[] = [];
  let revocations!: Revocations;
  const options = backService(config, StubMessaging.with(rpc));
  const service = await startService({
    ...options,
    configure: async (app, logger) => {
      revocations = app.get(Revocations, { strict: false });
      app
        .getHttpAdapter()
        .getInstance()
        .addHook('onRoute', ({ method, url }) => {
          for (const one of [method].flat()) routes.push(`${one} ${url}`);
        });
      await options.configure?.(app, logger);
    },
  });
  const document = (await (await fetch(`${service.url}/api/openapi.json`)).json()) as OpenAPIObject;
  return {
    ...service,
    rpc,
    routes,
    revocations,
    document,
    ask: (method, path, request) => ask(service.url, method, path, request),
    close: async () => {
      await service.stop();
      await new Promise((resolve) => jwks.close(resolve));
    },
  };
}

async function ask(
  url: string,
  method: string,
  path: string,
  { token = tokenWith(), body, raw, headers = {} }: RequestOptions = {},
): Promise<Answer> {
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(payload !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(payload !== undefined && { body: payload }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (text.startsWith('{') ? JSON.parse(text) : {}) as Answer['body'],
  };
}

function publishKeys(): Promise<Server> {
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256', use: 'sig' };
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Every operation of the document with an id in its path. */
export function operationsOf(document: OpenAPIObject) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    (['get', 'post', 'put', 'patch', 'delete'] as const).flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method: method.toUpperCase(), path, operation }] : [];
    }),
  );
}

export const ID = '01980000-0000-7000-8000-0000000000e1';
export const withId = (path: string) => path.replace(/\{(id|agentId)\}/g, ID);

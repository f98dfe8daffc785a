import path from 'node:path';
import {
  accessRevoked,
  sessionCreate,
  sessionList,
  type Revocation,
  type SessionTokens,
  type SessionView,
} from '@scrm/contracts';
import { RpcClient, type MessagingOptions } from '@scrm/messaging';
import { Drain, startService, type RunningService } from '@scrm/platform';
import { migrate } from '@scrm/database';
import { createTestDatabase, eventually, testBroker } from '@scrm/testing';
import { connect, type ChannelModel } from 'amqplib';
import type { DataSource } from 'typeorm';
import { userConfig, type UserConfig } from '../src/config';
import { identityDataSource, SCHEMA } from '../src/db/data-source';
import { PROVISIONING_ROLE, SYSTEM_ROLE } from '../src/db/roles';
import { readDemo, seedDemo } from '../src/db/seed-demo';
import { userService } from '../src/service';
import { FakeWaba } from './fake-waba';

const DEMO_FILE = path.join(__dirname, '../../../tools/demo.json');
export const demo = readDemo(DEMO_FILE);
export const [admin, leader, agent] = demo.agents as [Account, Account, Account];
type Account = (typeof demo.agents)[number];

export const createIdentityDatabase = () =>
  createTestDatabase((url) => migrate(identityDataSource(url), SCHEMA));

/** A second tenant, for everything that must not be seen across. */
export const stranger = {
  tenant: { id: '01980000-0000-7000-8000-00000000ff01', name: 'Another shop' },
  teams: [{ id: '01980000-0000-7000-8000-00000000ffa1', name: 'Sales' }],
  agents: [
    {
      id: '01980000-0000-7000-8000-00000000ffb1',
      name: 'Stranger',
      email: 'stranger@other.test',
      password: 'other-shop-2026',
      role: 'agent' as const,
      teams: ['Sales'],
    },
  ],
};

export async function asRole<T>(url: string, role: string, work: (db: DataSource) => Promise<T>): Promise<T> {
  const source = identityDataSource(url, role);
  await source.initialize();
  try {
    return await work(source);
  } finally {
    await source.destroy();
  }
}

/** The login that owns the tables, bound to no role. */
export async function identityOwner(url: string): Promise<DataSource> {
  return identityDataSource(url).initialize();
}

/** Changes what no service may change: the tables' owner, with row-level security out of the way for the moment. */
export async function alter(url: string, table: string, sql: string): Promise<void> {
  const source = await identityOwner(url);
  try {
    await source.transaction(async (manager) => {
      await manager.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
      await manager.query(sql);
      await manager.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
    });
  } finally {
    await source.destroy();
  }
}

export const SECRETS_KEY = Buffer.alloc(32, 7).toString('base64');

interface Device {
  userAgent?: string;
  ip?: string;
}

/** What everybody hears whose token is over. */
export const refused = { code: 'unauthenticated' };

export interface UserStack extends RunningService {
  databaseUrl: string;
  config: UserConfig;
  rpc: RpcClient;
  waba: FakeWaba;
  signIn(account: { email: string; password: string }, device?: Device): Promise<SessionTokens>;
  /** Of the database, by the system role. */
  query<T = unknown>(sql: string, values?: unknown[]): Promise<T[]>;
  /** Asks something with the token. */
  works(token: string): Promise<{ items: SessionView[] }>;
  /** All that was said of ended access, from now on. */
  hearRevocations(): Promise<Revocation[]>;
  /** Makes somebody an admin from the next token on, whoever they are. */
  asAdmin(agentId: string): Promise<void>;
  /** As if every trade of a refresh token were longer ago than two tabs may race. */
  ageRefreshTokens(): Promise<unknown>;
  /** Another process of the service in place of this one, whose address is another one. */
  restart(meanwhile: () => Promise<unknown>): Promise<RunningService>;
  close(): Promise<void>;
}

async function startReady(config: UserConfig): Promise<RunningService> {
  const service = await startService(userService(config));
  await eventually(async () => {
    const { status } = await fetch(`${service.url}/health/ready`);
    if (status !== 200) throw new Error(`not ready: ${status}`);
  });
  return service;
}

/** The service on the real database and broker, with two tenants in it, and a client to ask it. */
export async function startUserStack(extra: Partial<UserConfig> = {}): Promise<UserStack> {
  const database = await createIdentityDatabase();
  await seedDemo(database.url, demo);
  await seedDemo(database.url, stranger);
  const broker = testBroker();
  const config = {
    ...userConfig.parse({
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'silent',
      DATABASE_URL: database.url,
      RABBITMQ_URL: broker.url,
      BROKER_NAMESPACE: broker.namespace,
      SECRETS_KEY,
    }),
    ...extra,
  };
  const waba = await FakeWaba.start(broker);
  let service = await startReady(config);
  const drain = new Drain();
  const listeners: ChannelModel[] = [];
  const options: MessagingOptions = { url: broker.url, service: 'test', names: broker.names };
  const rpc = new RpcClient(options, drain, service.logger);
  const query = <T>(sql: string, values?: unknown[]) =>
    asRole(database.url, SYSTEM_ROLE, (db) => db.query<T[]>(sql, values));
  return {
    ...service,
    databaseUrl: database.url,
    config,
    rpc,
    waba,
    signIn: ({ email, password }, device = {}) => rpc.call(sessionCreate, { email, password, ...device }),
    query,
    works: (token) => rpc.call(sessionList, {}, { token }),
    hearRevocations: async () => {
      const told: Revocation[] = [];
      const connection = await connect(broker.url);
      listeners.push(connection);
      const channel = await connection.createChannel();
      const { queue } = await channel.assertQueue('', { exclusive: true });
      await channel.bindQueue(queue, broker.names.exchange.events, accessRevoked.key);
      await channel.consume(queue, (message) => {
        const said = JSON.parse(message!.content.toString()) as { revocations: Revocation[] };
        told.push(...said.revocations);
      });
      return told;
    },
    asAdmin: (agentId) =>
      alter(database.url, 'agent', `UPDATE agent SET role = 'admin' WHERE id = '${agentId}'`),
    ageRefreshTokens: () =>
      query(`UPDATE refresh_token SET used_at = used_at - interval '11 seconds' WHERE used_at IS NOT NULL`),
    restart: async (meanwhile) => {
      await service.stop();
      await meanwhile();
      service = await startReady(config);
      return service;
    },
    close: async () => {
      for (const connection of listeners) await connection.close();
      await drain.run(service.logger);
      await service.stop();
      await waba.stop();
      await broker.clear();
      await database.drop();
    },
  };
}

export { PROVISIONING_ROLE, SYSTEM_ROLE };

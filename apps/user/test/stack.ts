import path from 'node:path';
import { RpcClient, type MessagingOptions } from '@scrm/messaging';
import { Drain, startService, type RunningService } from '@scrm/platform';
import { migrate } from '@scrm/database';
import { createTestDatabase, eventually, testBroker } from '@scrm/testing';
import type { DataSource } from 'typeorm';
import { userConfig, type UserConfig } from '../src/config';
import { identityDataSource, SCHEMA } from '../src/db/data-source';
import { PROVISIONING_ROLE, SYSTEM_ROLE } from '../src/db/roles';
import { readDemo, seedDemo } from '../src/db/seed-demo';
import { userService } from '../src/service';

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

export interface UserStack extends RunningService {
  databaseUrl: string;
  config: UserConfig;
  rpc: RpcClient;
  /** As if every trade of a refresh token were longer ago than two tabs may race. */
  ageRefreshTokens(): Promise<unknown>;
  close(): Promise<void>;
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
    }),
    ...extra,
  };
  const service = await startService(userService(config));
  const drain = new Drain();
  const options: MessagingOptions = { url: broker.url, service: 'test', names: broker.names };
  const rpc = new RpcClient(options, drain, service.logger);
  await eventually(async () => {
    const { status } = await fetch(`${service.url}/health/ready`);
    if (status !== 200) throw new Error(`not ready: ${status}`);
  });
  return {
    ...service,
    databaseUrl: database.url,
    config,
    rpc,
    ageRefreshTokens: () =>
      asRole(database.url, SYSTEM_ROLE, (db) =>
        db.query(
          `UPDATE refresh_token SET used_at = used_at - interval '11 seconds' WHERE used_at IS NOT NULL`,
        ),
      ),
    close: async () => {
      await drain.run(service.logger);
      await service.stop();
      await broker.clear();
      await database.drop();
    },
  };
}

export { PROVISIONING_ROLE, SYSTEM_ROLE };

import { randomBytes } from 'node:crypto';
import { brokerNames, INBOUND_PARTITIONS, OUTBOUND_PARTITIONS, type BrokerNames } from '@scrm/contracts';
import { connect } from 'amqplib';
import { Client } from 'pg';
import { eventually } from './eventually';

function required(variable: string): string {
  const value = process.env[variable];
  if (!value)
    throw new Error(`${variable} is not set: run the tests with \`npm test\`, it starts what they need`);
  return value;
}

export interface TestDatabase {
  /** Connects as the owner of the database. */
  url: string;
  drop(): Promise<void>;
}

/** A database of its own for one test file, on the real Postgres of the run. */
export async function createTestDatabase(migrate: (url: string) => Promise<unknown>): Promise<TestDatabase> {
  const adminUrl = required('TEST_DATABASE_URL');
  const name = `scrm_test_${randomBytes(6).toString('hex')}`;
  await asAdmin(adminUrl, `CREATE DATABASE ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  await migrate(url.toString());
  return {
    url: url.toString(),
    drop: () => asAdmin(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** So many of the pool's connections are there: whoever works at the same moment does not take turns on one. */
export function openConnections(pool: { query(sql: string): Promise<unknown> }, count: number) {
  const all = () => Promise.all(Array.from({ length: count }, () => pool.query('SELECT pg_sleep(0.1)')));
  return eventually(all);
}

async function asAdmin(url: string, sql: string) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

export interface TestBroker {
  url: string;
  namespace: string;
  names: BrokerNames;
  /** Deletes the queues and exchanges of the namespace. */
  clear(): Promise<void>;
}

/** A namespace of its own for one test file, on the real RabbitMQ of the run. */
export function testBroker(): TestBroker {
  const url = required('TEST_RABBITMQ_URL');
  const namespace = `test-${randomBytes(4).toString('hex')}`;
  const names = brokerNames(namespace);
  return { url, namespace, names, clear: () => clearNamespace(url, names) };
}

async function clearNamespace(url: string, names: BrokerNames) {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
  const queues = [
    names.archiveQueue,
    names.exchange.dead,
    ...numbers(INBOUND_PARTITIONS).map((p) => names.inboundQueue(p)),
    ...numbers(OUTBOUND_PARTITIONS).map((p) => names.outboundQueue(p)),
    ...['user', 'waba'].map((s) => names.rpcQueue(s)),
  ];
  for (const queue of queues) await channel.deleteQueue(queue);
  for (const exchange of Object.values(names.exchange)) await channel.deleteExchange(exchange);
  await connection.close();
}

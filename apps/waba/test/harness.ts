import {
  assignmentTargetGet,
  conversationChanged,
  messageSend,
  type ConversationEvent,
  type EventPayload,
  type MessageView,
} from '@scrm/contracts';
import { migrate } from '@scrm/database';
import { RpcClient, rpcServer, type Delivery } from '@scrm/messaging';
import { sealBytes, startService, type RunningService } from '@scrm/platform';
import {
  createTestDatabase,
  eventually,
  FakeService,
  testBroker,
  TestIdentity,
  type TestBroker,
  type TestDatabase,
} from '@scrm/testing';
import { connect } from 'amqplib';
import { createHmac, randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { wabaConfig } from '../src/config';
import { SCHEMA, SYSTEM_DB, wabaDataSource } from '../src/db/data-source';
import { wabaService } from '../src/waba.service';
import { writeHeaders } from '../src/webhook/delivery-headers';
import { FakeGraph } from './fake-graph';

const SECRETS_KEY = Buffer.alloc(32, 7).toString('base64');
export const APP_SECRET = 'app-secret';
export const ACTIVE = () => ({ agent: { status: 'active' as const, version: 1 }, team: true });

export interface TestSender {
  id: string;
  tenantId: string;
  phoneNumberId: string;
  teamId: string;
}

/** The waba service with a database, a broker and a Graph of its own. */
export class WabaHarness {
  private unique = 0;
  private constructor(
    readonly database: TestDatabase,
    readonly broker: TestBroker,
    readonly identity: TestIdentity,
    readonly graph: FakeGraph,
    /** Says that all agents are active and all teams are there, unless a test says otherwise. */
    readonly user: FakeService,
    private service: RunningService,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  static async start(overrides: NodeJS.ProcessEnv = {}): Promise<WabaHarness> {
    const database = await createTestDatabase((url) => migrate(wabaDataSource(url), SCHEMA));
    const broker = testBroker();
    const identity = await TestIdentity.start();
    const graph = await FakeGraph.start();
    const env = {
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
      RABBITMQ_URL: broker.url,
      BROKER_NAMESPACE: broker.namespace,
      JWKS_URL: identity.jwksUrl,
      DATABASE_URL: database.url,
      META_APP_SECRETS: `old-secret,${APP_SECRET}`,
      META_VERIFY_TOKEN: 'verify-me',
      GRAPH_BASE_URL: graph.url,
      GRAPH_TIMEOUT_MS: '1000',
      SECRETS_KEY,
      ...overrides,
    };
    const user = await FakeService.start(
      rpcServer({ url: broker.url, names: broker.names, service: 'user' }),
    );
    user.on(assignmentTargetGet, ACTIVE);
    const service = await startWaba(env);
    return new WabaHarness(database, broker, identity, graph, user, service, env);
  }

  async stop() {
    await this.service.stop();
    await this.graph.stop();
    await this.user.stop();
    await this.identity.stop();
    await this.broker.clear();
    await this.database.drop();
  }

  /** Ends the service as SIGTERM does, and starts another one. */
  async restart() {
    await this.service.stop();
    this.service = await startWaba(this.env);
  }

  get url() {
    return this.service.url;
  }

  get<T>(token: symbol | (abstract new (...args: never[]) => T)): T {
    return this.service.app.get<T>(token as symbol);
  }

  /** Rows as they are, across tenants. */
  query<T = Record<string, unknown>>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return this.get<DataSource>(SYSTEM_DB).query<T[]>(sql, parameters);
  }

  get rpc(): RpcClient {
    return this.get(RpcClient);
  }

  async addSender(tenantId: string = randomUUID(), teamId: string = randomUUID()): Promise<TestSender> {
    const sender = {
      id: randomUUID(),
      tenantId,
      phoneNumberId: String(10_000_000 + Math.floor(Math.random() * 1e9)),
      teamId,
    };
    await this.query(
      `INSERT INTO sender (id, tenant_id, waba_id, phone_number_id, display_phone_number, name, default_team_id, access_token)
       VALUES ($1, $2, $3, $4, '+62 811', 'Test', $5, $6)`,
      [
        sender.id,
        tenantId,
        `waba-${tenantId}`,
        sender.phoneNumberId,
        sender.teamId,
        sealBytes(Buffer.from(SECRETS_KEY, 'base64'), Buffer.from('access-token'), sender.id),
      ],
    );
    return sender;
  }

  /** Posts a delivery as Meta does: signed over the bytes. */
  async deliver(body: unknown, { secret = APP_SECRET }: { secret?: string | null } = {}): Promise<Response> {
    const bytes = Buffer.isBuffer(body)
      ? body
      : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const signature = secret && `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`;
    return fetch(`${this.url}/webhooks/whatsapp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(signature && { 'x-hub-signature-256': signature }) },
      body: new Uint8Array(bytes),
    });
  }

  wamid(): string {
    return `wamid.TEST${process.pid}.${++this.unique}`;
  }

  text(from: string, body: string, more: Record<string, unknown> = {}) {
    return {
      from,
      id: this.wamid(),
      timestamp: String(Math.floor(Date.now() / 1000)),
      type: 'text',
      text: { body },
      ...more,
    };
  }

  /** A customer writes to the number. @returns the conversation, once the message is in it */
  async customerWrites(from: string, to: TestSender, more: Record<string, unknown> = {}): Promise<string> {
    const message = this.text(from, 'hello', more);
    await this.deliver(delivery(change(to, { messages: [message] })));
    return eventually(async () => {
      const [row] = await this.query<{ conversation_id: string }>(
        'SELECT conversation_id FROM message WHERE wamid = $1',
        [message.id],
      );
      return row!.conversation_id;
    });
  }

  /** An agent sends a text, or what Graph would take as a message. */
  send(
    conversationId: string,
    body: string | Record<string, unknown>,
    { token, key = randomUUID() }: { token: string; key?: string },
  ): Promise<MessageView> {
    const message = typeof body === 'string' ? { type: 'text', text: { body } } : body;
    return this.rpc.call(messageSend, { conversationId, idempotencyKey: key, message }, { token });
  }

  /** What the ws pods hear, in the order in which they hear it. */
  async listen(): Promise<Listener> {
    const connection = await connect(this.broker.url);
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, this.broker.names.exchange.realtime, '');
    const heard: EventPayload<typeof conversationChanged>[] = [];
    await channel.consume(
      queue,
      (message) => {
        if (message) heard.push(conversationChanged.payload.parse(JSON.parse(message.content.toString())));
      },
      { noAck: true },
    );
    return {
      heard,
      events: () => heard.flatMap((h) => h.events),
      stop: () => connection.close(),
    };
  }
}

/** A pod more. */
export async function startWaba(env: NodeJS.ProcessEnv, { ready = true } = {}): Promise<RunningService> {
  const service = await startService(wabaService(wabaConfig.parse(env)));
  if (!ready) return service;
  await eventually(async () => {
    const { status } = await fetch(`${service.url}/health/ready`);
    if (status !== 200) throw new Error('waba is not ready');
  });
  return service;
}

export interface Listener {
  heard: EventPayload<typeof conversationChanged>[];
  events: () => ConversationEvent[];
  stop: () => Promise<void>;
}

/** What the broker hands out of a delivery of one message. */
export function handedOut(message: { id: string }, to: TestSender, { redelivered = false } = {}) {
  const deliveryId = uuidv7();
  return {
    deliveryId,
    wamid: message.id,
    delivery: {
      body: Buffer.from(JSON.stringify(delivery(change(to, { messages: [message] })))),
      headers: writeHeaders({ deliveryId, receivedAt: new Date(), item: null }),
      queue: 'inbound',
      redelivered,
    } satisfies Delivery,
  };
}

/** Meta's envelope around items of one number. */
export function change(
  sender: Pick<TestSender, 'phoneNumberId'>,
  value: Record<string, unknown>,
  field = 'messages',
) {
  return {
    field,
    value: { messaging_product: 'whatsapp', metadata: { phone_number_id: sender.phoneNumberId }, ...value },
  };
}

export function delivery(...changes: unknown[]) {
  return { object: 'whatsapp_business_account', entry: [{ id: 'waba', changes }] };
}

import { Controller, Module, type DynamicModule } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  advanceKey,
  advanceOf,
  conversationChanged,
  inboxWatch,
  partsByInterest,
  streamHeads,
  streamRead,
  type ConversationEvent,
  type RealtimeRouting,
  type RpcResponse,
} from '@scrm/contracts';
import {
  FromCaller,
  MessagingModule,
  OnRpc,
  Publisher,
  serveRpc,
  writeChanges,
  type Caller,
  type MessagingOptions,
} from '@scrm/messaging';
import { AppError, startService, TokenVerifier, type RunningService } from '@scrm/platform';
import { eventually, type TestBroker } from '@scrm/testing';
import { conversationEvent, type EventDraft } from '../model/fixtures';

type Page = RpcResponse<typeof streamRead>;
type Question = Parameters<(typeof streamRead.request)['parse']>[0] & {
  tenantId: string;
  epoch: string | null;
  after: number;
  upTo?: number;
  limit: number;
};

/** The streams of all tenants, in memory. */
export class Streams {
  epoch = 'epoch-1';
  /** Questions are refused, as by a service that has lost its database. */
  down = false;
  /** Nothing is said of who looks on: only that is refused. */
  unwritable = false;
  /** Who was said to look on. */
  readonly watchers: string[] = [];
  reads = 0;
  refused = 0;
  private streams = new Map<string, ConversationEvent[]>();

  of(tenantId: string): ConversationEvent[] {
    let stream = this.streams.get(tenantId);
    if (!stream) this.streams.set(tenantId, (stream = []));
    return stream;
  }

  newEpoch(epoch: string) {
    this.epoch = epoch;
    this.streams = new Map();
  }
}

@Controller()
class StreamRpc {
  constructor(private readonly streams: Streams) {}

  @OnRpc(streamRead, 'service')
  read(@Payload() { tenantId, epoch, after, upTo, limit }: Question): Page {
    this.check();
    this.streams.reads++;
    const all = this.streams.of(tenantId);
    const common = { epoch: this.streams.epoch, head: all.length };
    if (epoch !== null && epoch !== this.streams.epoch) {
      return { ...common, reset: true, complete: true, events: [] };
    }
    const end = Math.min(upTo ?? all.length, all.length);
    const events = all.slice(after, Math.min(end, after + limit));
    return { ...common, reset: false, complete: after + events.length >= end, events };
  }

  @OnRpc(streamHeads, 'service')
  heads(@Payload() { tenantIds }: { tenantIds: string[] }): RpcResponse<typeof streamHeads> {
    this.check();
    const { epoch } = this.streams;
    return {
      heads: tenantIds.map((tenantId) => ({ tenantId, epoch, head: this.streams.of(tenantId).length })),
    };
  }

  @OnRpc(inboxWatch, 'conversation.read')
  watch(@FromCaller() { principal }: Caller): RpcResponse<typeof inboxWatch> {
    if (this.streams.unwritable) throw new AppError('unavailable');
    this.check();
    this.streams.watchers.push(principal.agentId);
    return {};
  }

  private check() {
    if (!this.streams.down) return;
    this.streams.refused++;
    throw new AppError('unavailable');
  }
}

@Module({})
class FakeWabaModule {
  static forRoot(messaging: MessagingOptions, streams: Streams, jwksUrl: string): DynamicModule {
    return {
      module: FakeWabaModule,
      imports: [MessagingModule.forRoot(messaging)],
      controllers: [StreamRpc],
      providers: [
        { provide: Streams, useValue: streams },
        {
          provide: TokenVerifier,
          useValue: new TokenVerifier({ jwksUrl, issuer: 'scrm', audience: 'scrm' }),
        },
      ],
    };
  }
}

export type Draft = Omit<EventDraft, 'position'>;

/** What ws needs of the waba service: it commits, publishes and answers for its history. */
export class FakeWaba {
  private constructor(
    private readonly service: RunningService,
    private readonly exchange: TestBroker['names']['exchange'],
    readonly streams: Streams,
    readonly routing: RealtimeRouting,
  ) {}

  static async start(broker: TestBroker, jwksUrl: string, routing: RealtimeRouting): Promise<FakeWaba> {
    const messaging = { url: broker.url, service: 'waba', names: broker.names };
    const streams = new Streams();
    const service = await startService({
      name: 'waba',
      config: { NODE_ENV: 'test', HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'silent' },
      module: FakeWabaModule.forRoot(messaging, streams, jwksUrl),
      configure: (app, logger) => serveRpc(app, messaging, logger),
    });
    await ready(service.url);
    return new FakeWaba(service, broker.names.exchange, streams, routing);
  }

  /** Stored, but the fanout never hears of it. */
  commit(tenantId: string, ...drafts: Draft[]): ConversationEvent[] {
    const stream = this.streams.of(tenantId);
    const events = drafts.map((draft, i) => conversationEvent({ position: stream.length + 1 + i, ...draft }));
    stream.push(...events);
    return events;
  }

  async publish(tenantId: string, events: ConversationEvent[]): Promise<void> {
    const { epoch } = this.streams;
    const written = events.map((event) => ({ ...event, data: JSON.stringify(event.data) }));
    const changes = { tenantId, epoch, events: written };
    const { exchange } = this;
    if (this.routing === 'fanout')
      return this.tell(exchange.events, [conversationChanged.key], writeChanges(changes));
    const parts = partsByInterest(changes);
    await Promise.all(
      parts.map((part) => this.tell(exchange.interest, part.keys, writeChanges(part.changes))),
    );
    const advance = Buffer.from(JSON.stringify(advanceOf(tenantId, epoch, events)));
    await this.tell(exchange.interest, [advanceKey(tenantId)], advance);
  }

  async send(tenantId: string, ...drafts: Draft[]): Promise<ConversationEvent[]> {
    const events = this.commit(tenantId, ...drafts);
    await this.publish(tenantId, events);
    return events;
  }

  private tell(exchange: string, [key, ...alsoTo]: string[], body: Buffer): Promise<void> {
    return this.service.app.get(Publisher).publish(exchange, key!, body, { alsoTo });
  }

  stop() {
    return this.service.stop();
  }
}

export async function ready(url: string) {
  await eventually(async () => {
    const response = await fetch(`${url}/health/ready`);
    if (response.status !== 200) throw new Error(await response.text());
  });
}

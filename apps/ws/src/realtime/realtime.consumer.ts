import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import {
  placesOf,
  type BrokerNames,
  type EventPayload,
  type RealtimeRouting,
  type streamAdvanced,
} from '@scrm/contracts';
import { ExclusiveSubscription, readChanges, type BrokerConnection, type ReadChanges } from '@scrm/messaging';
import { crashPoint, type Drain, type Health, type Logger } from '@scrm/platform';
import { systemClock } from './clock';
import type { FeedRegistry } from './feed-registry';
import { Interest } from './interest';

/** The publisher writes the tenant first: a pod does not read what is for others. */
const TENANT_FIRST = /^\{"tenantId":"([0-9a-f-]{36})"/;
const TENANT_WITHIN = 64;

/**
 * Takes this pod's copy of all events from the fanout, and hands them to the feeds. Where events are routed by
 * interest it also takes what its feeds want; the fanout stays, for workers that are to be switched yet.
 */
export class RealtimeConsumer {
  private readonly subscription: ExclusiveSubscription;

  constructor(
    broker: { connection: BrokerConnection; names: BrokerNames; routing: RealtimeRouting },
    private readonly feeds: Pick<FeedRegistry, 'has' | 'receive' | 'refillAll' | 'check' | 'tellInterest'>,
    lifecycle: { health: Health; drain: Drain },
    private readonly logger: Logger,
  ) {
    const { connection, names, routing } = broker;
    const pod = `${hostname()}-${randomBytes(4).toString('hex')}`;
    this.subscription = new ExclusiveSubscription(connection, {
      exchange: names.exchange.realtime,
      queue: names.realtimeQueue(pod),
      onMessage: (body) => this.receive(body),
      onReady: () => {
        logger.info('fanout subscribed');
        feeds.refillAll();
      },
      onLost: () => logger.warn('fanout lost: the history fills in'),
    });
    lifecycle.health.register('realtime', () => {
      if (!this.subscription.consuming) throw new Error('not subscribed');
    });
    lifecycle.drain.on('close-connections', 'realtime', () => this.subscription.close());
    if (routing === 'interest') this.followInterest(names.exchange.interest, lifecycle.drain);
  }

  private followInterest(exchange: string, drain: Drain) {
    const { feeds, subscription } = this;
    const bindings = {
      bind: (key: string) => subscription.bind(exchange, key),
      unbind: (key: string) => subscription.unbind(exchange, key),
    };
    const interest = new Interest(bindings, systemClock, (tenantIds) => void feeds.check(tenantIds));
    feeds.tellInterest((tenantId, keys) => interest.want(tenantId, keys));
    drain.on('close-connections', 'interest', () => interest.close());
  }

  private receive(body: Buffer) {
    crashPoint('feed.received');
    const tenant = TENANT_FIRST.exec(body.toString('latin1', 0, TENANT_WITHIN))?.[1];
    if (tenant && !this.feeds.has(tenant)) return;
    try {
      const told = readChanges(owned(body)) as ReadChanges | EventPayload<typeof streamAdvanced>;
      if ('places' in told) this.feeds.receive(told.tenantId, told.epoch, placesOf(told));
      else this.hand(told);
    } catch (err) {
      // It leaves a hole, and holes are filled from the history.
      this.logger.error({ err, bytes: body.length }, 'unreadable event on the broker');
    }
  }

  private hand({ tenantId, epoch, events }: ReadChanges) {
    if (!Array.isArray(events)) throw new TypeError('no events');
    if (this.logger.isLevelEnabled('debug')) {
      for (const { traceId, position, type } of events) {
        this.logger.debug({ traceId, tenantId, position, event: type }, 'event received');
      }
    }
    this.feeds.receive(tenantId, epoch, events);
  }
}

/** Events are kept for a while: a small message must not keep all that was read from the broker with it. */
const owned = (body: Buffer) => (body.length === body.buffer.byteLength ? body : Buffer.from(body));

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { BrokerNames, conversationChanged, EventPayload } from '@scrm/contracts';
import { ExclusiveSubscription, type BrokerConnection } from '@scrm/messaging';
import { crashPoint, type Drain, type Health, type Logger } from '@scrm/platform';
import type { FeedRegistry } from './feed-registry';

/** The publisher writes the tenant first: a pod does not read what is for others. */
const TENANT_FIRST = /^\{"tenantId":"([0-9a-f-]{36})"/;
const TENANT_WITHIN = 64;

/** Takes this pod's copy of all events from the fanout, and hands them to the feeds. */
export class RealtimeConsumer {
  private readonly subscription: ExclusiveSubscription;

  constructor(
    broker: { connection: BrokerConnection; names: BrokerNames },
    private readonly feeds: Pick<FeedRegistry, 'has' | 'receive' | 'refillAll'>,
    lifecycle: { health: Health; drain: Drain },
    private readonly logger: Logger,
  ) {
    const { connection, names } = broker;
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
  }

  private receive(body: Buffer) {
    crashPoint('feed.received');
    const tenant = TENANT_FIRST.exec(body.toString('latin1', 0, TENANT_WITHIN))?.[1];
    if (tenant && !this.feeds.has(tenant)) return;
    let change: EventPayload<typeof conversationChanged>;
    try {
      change = JSON.parse(body.toString()) as typeof change;
      if (!Array.isArray(change.events)) throw new TypeError('no events');
    } catch (err) {
      // It leaves a hole, and holes are filled from the history.
      this.logger.error({ err, bytes: body.length }, 'unreadable event on the fanout');
      return;
    }
    const { tenantId, epoch, events } = change;
    if (this.logger.isLevelEnabled('debug')) {
      for (const { traceId, position, type } of events) {
        this.logger.debug({ traceId, tenantId, position, event: type }, 'event received');
      }
    }
    this.feeds.receive(tenantId, epoch, events);
  }
}

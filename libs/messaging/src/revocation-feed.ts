import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { accessRevoked, type EventPayload, type Revocation } from '@scrm/contracts';
import { gauge, revocationList, type Drain, type Logger, type Revocations } from '@scrm/platform';
import type { BrokerConnection } from './connection';
import { ExclusiveSubscription } from './exclusive-subscription';
import type { MessagingOptions } from './options';

const EVERY_MS = 5_000;
/** Until the list was read for the first time nobody is let in. */
const FIRST_MS = 250;
const TIMEOUT_MS = 3_000;

const readAt = gauge(
  'access_revocations_read_timestamp_seconds',
  'When the list of ended access tokens was last read',
);

export interface RevocationFeedOptions {
  messaging: MessagingOptions;
  /** The list: at an address, or at hand for the service that publishes it. */
  read: () => Promise<Revocation[]>;
  everyMs?: number;
}

/**
 * Keeps this process's {@link Revocations} up to date: at once by the broker, and by the user service's list every five
 * seconds, which also has what the broker lost.
 */
export class RevocationFeed {
  private readonly subscription: ExclusiveSubscription;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private readBefore = false;

  constructor(
    connection: BrokerConnection,
    private readonly options: RevocationFeedOptions,
    private readonly revocations: Revocations,
    drain: Drain,
    private readonly logger: Logger,
  ) {
    const { names, service } = options.messaging;
    this.subscription = new ExclusiveSubscription(connection, {
      exchange: names.exchange.events,
      key: accessRevoked.key,
      queue: names.revocationQueue(service, `${hostname()}-${randomBytes(4).toString('hex')}`),
      onMessage: (body) => this.hear(body),
      // What was said before is in the list.
      onReady: () => void this.read(),
      onLost: () => undefined,
    });
    drain.on('close-connections', 'revocations', () => this.stop());
    void this.run();
  }

  private hear(body: Buffer) {
    try {
      const told = JSON.parse(body.toString()) as EventPayload<typeof accessRevoked>;
      this.revocations.take(accessRevoked.payload.parse(told).revocations);
    } catch (err) {
      this.logger.error({ err, bytes: body.length }, 'unreadable revocation on the broker');
    }
  }

  private async run(): Promise<void> {
    await this.read();
    if (this.stopped) return;
    const { everyMs = EVERY_MS } = this.options;
    const pause = this.readBefore ? everyMs * (0.8 + Math.random() * 0.4) : FIRST_MS;
    this.timer = setTimeout(() => void this.run(), pause);
  }

  private async read(): Promise<void> {
    try {
      this.revocations.take(await this.options.read());
      this.readBefore = true;
      readAt.set(Date.now() / 1000);
    } catch (err) {
      // At the first start the user service may come later than this one.
      if (this.readBefore) this.logger.warn({ err }, 'the list of ended access tokens could not be read');
    }
  }

  private async stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.subscription.close();
  }
}

/** The list beside the keys that tokens are checked with. @param jwksUrl where those are */
export function readRevocations(jwksUrl: string): () => Promise<Revocation[]> {
  const url = new URL('revocations.json', jwksUrl);
  return async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}`);
    return revocationList.parse(await response.json()).revocations;
  };
}

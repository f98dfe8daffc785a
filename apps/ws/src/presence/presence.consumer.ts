import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import { presenceChanged, type EventPayload } from '@scrm/contracts';
import {
  BrokerConnection,
  ExclusiveSubscription,
  MESSAGING_OPTIONS,
  type MessagingOptions,
} from '@scrm/messaging';
import { Drain, LOGGER, type Logger } from '@scrm/platform';
import { encodeFrame } from '../socket/frames';
import { Roster } from './roster';

/** Tells the sockets of a business which of its agents came and went. */
@Injectable()
export class PresenceConsumer {
  private before = false;

  constructor(
    private readonly roster: Roster,
    connection: BrokerConnection,
    @Inject(MESSAGING_OPTIONS) { names }: MessagingOptions,
    drain: Drain,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const subscription = new ExclusiveSubscription(connection, {
      exchange: names.exchange.events,
      key: presenceChanged.key,
      queue: names.presenceQueue(`${hostname()}-${randomBytes(4).toString('hex')}`),
      onMessage: (body) => this.take(body),
      onReady: () => this.missed(),
      onLost: () => undefined,
    });
    drain.on('close-connections', 'presence', () => subscription.close());
  }

  private take(body: Buffer) {
    try {
      const told = JSON.parse(body.toString()) as EventPayload<typeof presenceChanged>;
      const { tenantId, agents } = presenceChanged.payload.parse(told);
      this.roster.tell(encodeFrame({ type: 'presence', agents }), tenantId);
    } catch (err) {
      this.logger.error({ err, bytes: body.length }, 'unreadable change of presence on the broker');
    }
  }

  /** What was said while nothing was heard is not said again. */
  private missed() {
    if (this.before) this.roster.tell(encodeFrame({ type: 'presence', agents: [], missed: true }));
    this.before = true;
  }
}

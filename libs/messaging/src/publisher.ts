import { Injectable } from '@nestjs/common';
import { counter, Drain, gauge, Health, traceparent } from '@scrm/platform';
import type { Options } from 'amqplib';
import { BrokerConnection } from './connection';
import type { KeptChannel } from './kept-channel';
import { uuidKey } from './publication-id';

/** The broker did not take the message: nothing may be answered, acked or forgotten on the strength of it. */
export class NotPublishedError extends Error {
  readonly transient = true;
}

interface Outstanding {
  deadline: number;
  bytes: number;
  returned: boolean;
  resolve: () => void;
  reject: (error: Error) => void;
}

const CONFIRM_TIMEOUT_MS = 5_000;
const SWEEP_MS = 250;
/**
 * Behind so many unconfirmed ones a message waits a moment for others, and they go together: the broker stores many for
 * little more than one. The more there are, the longer is the moment, up to a limit. Where little is going on nothing
 * waits.
 */
const CROWD = 8;
const GATHER_MOST_MS = 20;
/** Beyond these the process refuses instead of hoarding: the broker is behind, and callers can try again. */
const MAX_OUTSTANDING = 20_000;
const MAX_OUTSTANDING_BYTES = 64 * 1024 * 1024;

/** What the broker has not confirmed yet, of all publishers of the process. */
const unconfirmed = { messages: 0, bytes: 0 };
gauge('publisher_outstanding_messages', 'Messages that the broker has not confirmed yet', [], (metric) =>
  metric.set(unconfirmed.messages),
);
gauge('publisher_outstanding_bytes', 'Bytes that the broker has not confirmed yet', [], (metric) =>
  metric.set(unconfirmed.bytes),
);
const failures = counter('publisher_failures_total', 'Messages that the broker did not take, by reason', [
  'reason',
]);

/** Why a message was not taken, and what its publisher hears. */
const REASONS = {
  disconnected: 'The broker is not connected.',
  blocked: 'The broker takes nothing now.',
  full: 'Too many messages wait for the broker.',
  failed: 'The broker channel failed.',
  refused: 'The broker refused the message.',
  unroutable: 'No queue takes the message.',
  lost: 'The broker connection was lost before the confirm.',
  timeout: 'The broker did not confirm in time.',
};
type Reason = keyof typeof REASONS;

export interface PublishOptions {
  /** Message type, for consumers that switch on it. */
  type?: string;
  headers?: Record<string, string | number | boolean>;
  /** False for hints that may be lost with the broker. */
  persistent?: boolean;
  /** More routing keys; a queue that several of them lead to gets one copy. */
  alsoTo?: string[];
  /** Fail where no queue takes it. Without it RabbitMQ confirms even what it dropped. */
  mandatory?: boolean;
}

/**
 * Publishes with the broker's confirm, pipelined on one channel. The promise settles in any case: by the confirm, by
 * a refusal, by the loss of the channel, or after 5 s (amqplib may never settle the confirms of a closed channel). Where
 * nothing was confirmed for so long, a new channel takes over.
 * While the broker blocks publishers, because its disk or memory runs low, nothing is sent and everything refused.
 */
@Injectable()
export class Publisher {
  private readonly kept: KeptChannel;
  private readonly outstanding = new Map<string, Outstanding>();
  private readonly sweeper: NodeJS.Timeout;
  private bytes = 0;
  private blocked = false;
  private readonly gathered: (() => void)[] = [];
  private gathering: NodeJS.Timeout | undefined;

  constructor(connection: BrokerConnection, health: Health, drain: Drain) {
    this.kept = connection.channel(
      'publisher',
      async (channel) => {
        channel.on('return', (message: { properties: { messageId?: string } }) => {
          const entry = this.outstanding.get(message.properties.messageId ?? '');
          if (entry) entry.returned = true;
        });
      },
      () => this.failAll(),
    );
    connection.onBlocked((blocked) => (this.blocked = blocked));
    this.sweeper = setInterval(() => this.expire(), SWEEP_MS);
    health.register('publisher', () => {
      if (!this.kept.current) throw new Error('no channel');
      if (this.blocked) throw new Error('blocked by the broker');
    });
    drain.on('close-connections', 'publisher', async () => {
      clearInterval(this.sweeper);
      this.flush();
      await this.kept.close();
    });
  }

  /** Resolves when the broker has taken the message. @throws NotPublishedError */
  publish(exchange: string, routingKey: string, body: Buffer, options: PublishOptions = {}): Promise<void> {
    const channel = this.kept.current;
    if (!channel) return Promise.reject(failure('disconnected'));
    if (this.blocked) return Promise.reject(failure('blocked'));
    if (this.outstanding.size >= MAX_OUTSTANDING || this.bytes + body.length > MAX_OUTSTANDING_BYTES) {
      return Promise.reject(failure('full'));
    }
    return new Promise<void>((resolve, reject) => {
      const id = uuidKey();
      const deadline = Date.now() + CONFIRM_TIMEOUT_MS;
      this.outstanding.set(id, { deadline, bytes: body.length, returned: false, resolve, reject });
      this.count(body.length, 1);
      const { type, headers, persistent = true, mandatory = false, alsoTo } = options;
      const parent = traceparent();
      const properties: Options.Publish = {
        messageId: id,
        persistent,
        mandatory,
        ...(type && { type }),
        ...(alsoTo && { BCC: alsoTo }),
        headers: { ...headers, ...(parent && { traceparent: parent }) },
      };
      const send = () => {
        try {
          // The answer `false` only asks for patience: the message is buffered all the same.
          channel.publish(exchange, routingKey, body, properties, (error: unknown) =>
            this.confirmed(id, error),
          );
        } catch {
          this.settle(id, 'failed');
        }
      };
      if (this.outstanding.size <= CROWD && this.gathered.length === 0) send();
      else this.gather(send);
    });
  }

  private gather(send: () => void) {
    this.gathered.push(send);
    // A millisecond for each.
    this.gathering ??= setTimeout(() => this.flush(), Math.min(this.outstanding.size, GATHER_MOST_MS));
  }

  private flush() {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    for (const send of this.gathered.splice(0)) send();
  }

  private confirmed(id: string, error: unknown) {
    this.kept.heard();
    const returned = this.outstanding.get(id)?.returned;
    if (error) this.settle(id, 'refused');
    else if (returned) this.settle(id, 'unroutable');
    else this.settle(id);
  }

  private settle(id: string, reason?: Reason) {
    const entry = this.outstanding.get(id);
    if (!entry) return;
    this.outstanding.delete(id);
    this.count(-entry.bytes, -1);
    if (reason) entry.reject(failure(reason));
    else entry.resolve();
  }

  private count(bytes: number, messages: number) {
    this.bytes += bytes;
    unconfirmed.bytes += bytes;
    unconfirmed.messages += messages;
  }

  private failAll() {
    // Who was told that a message was lost may send it again: it must not go out after all.
    this.gathered.length = 0;
    for (const id of [...this.outstanding.keys()]) this.settle(id, 'lost');
  }

  /** Entries are in the order of their deadlines. */
  private expire() {
    const now = Date.now();
    let anyLate = false;
    for (const [id, entry] of this.outstanding) {
      if (entry.deadline > now) break;
      anyLate = true;
      this.settle(id, 'timeout');
    }
    // A broker that blocks publishers confirms nothing to anybody.
    if (anyLate && !this.blocked) this.kept.replaceIfSilent(now - CONFIRM_TIMEOUT_MS);
  }
}

function failure(reason: Reason): NotPublishedError {
  failures.inc({ reason });
  return new NotPublishedError(REASONS[reason]);
}

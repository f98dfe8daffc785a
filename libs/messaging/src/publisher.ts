import { Injectable } from '@nestjs/common';
import { afterInput, counter, Drain, gauge, Health, traceparent } from '@scrm/platform';
import type { Options } from 'amqplib';
import { bundle, type Bundled } from './bundle';
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
/** For what is larger the broker works by the byte, and a bundle gains nothing. */
const BUNDLE_BYTES = 64 * 1024;
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
  /** So many of those that wait for the same routing key go as one message of the broker; {@link BatchConsumer} parts them. */
  together?: number;
}

interface Waiting extends Bundled {
  id: string;
  exchange: string;
  routingKey: string;
  properties: Options.Publish;
  together: number;
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
  /** Messages of the broker that no queue took, and that it will confirm nevertheless. */
  private readonly returned = new Set<string>();
  private readonly sweeper: NodeJS.Timeout;
  private bytes = 0;
  private blocked = false;
  private readonly gathered: Waiting[] = [];
  private gathering: NodeJS.Timeout | undefined;

  constructor(connection: BrokerConnection, health: Health, drain: Drain) {
    this.kept = connection.channel(
      'publisher',
      async (channel) => {
        channel.on('return', (message: { properties: { messageId?: string } }) => {
          this.returned.add(message.properties.messageId ?? '');
        });
      },
      () => this.failAll(),
    );
    connection.onBlocked((blocked) => (this.blocked = blocked));
    this.sweeper = setInterval(() => afterInput(() => this.expire()), SWEEP_MS);
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
    if (!this.kept.current) return Promise.reject(failure('disconnected'));
    if (this.blocked) return Promise.reject(failure('blocked'));
    if (this.outstanding.size >= MAX_OUTSTANDING || this.bytes + body.length > MAX_OUTSTANDING_BYTES) {
      return Promise.reject(failure('full'));
    }
    return new Promise<void>((resolve, reject) => {
      const id = uuidKey();
      const deadline = Date.now() + CONFIRM_TIMEOUT_MS;
      this.outstanding.set(id, { deadline, bytes: body.length, resolve, reject });
      this.count(body.length, 1);
      const { type, headers, persistent = true, mandatory = false, alsoTo, together = 1 } = options;
      const parent = traceparent();
      const properties = {
        messageId: id,
        persistent,
        mandatory,
        ...(type && { type }),
        ...(alsoTo && { BCC: alsoTo }),
      };
      const own = { ...headers, ...(parent && { traceparent: parent }) };
      const message = { id, exchange, routingKey, headers: own, body, properties, together };
      if (this.outstanding.size <= CROWD && this.gathered.length === 0) this.send([message]);
      else this.gather(message);
    });
  }

  private gather(message: Waiting) {
    this.gathered.push(message);
    // A millisecond for each.
    this.gathering ??= setTimeout(() => this.flush(), Math.min(this.outstanding.size, GATHER_MOST_MS));
  }

  private flush() {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    for (const messages of inBundles(this.gathered.splice(0))) this.send(messages);
  }

  /** As one message of the broker. */
  private send(messages: Waiting[]) {
    const { exchange, routingKey, properties } = messages[0]!;
    const { headers, body } = bundle(messages);
    try {
      // The answer `false` only asks for patience: the message is buffered all the same.
      this.kept.current!.publish(exchange, routingKey, body, { ...properties, headers }, (error: unknown) =>
        this.confirmed(messages, error),
      );
    } catch {
      for (const { id } of messages) this.settle(id, 'failed');
    }
  }

  private confirmed(messages: Waiting[], error: unknown) {
    this.kept.heard();
    const returned = this.returned.delete(messages[0]!.id);
    const reason = error ? 'refused' : returned ? 'unroutable' : undefined;
    for (const { id } of messages) this.settle(id, reason);
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
    this.returned.clear();
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

/** In their order for each routing key. */
function inBundles(waiting: Waiting[]): Waiting[][] {
  const bundles: Waiting[][] = [];
  const open = new Map<string, { messages: Waiting[]; bytes: number }>();
  for (const message of waiting) {
    const { exchange, routingKey, together, body } = message;
    const key = `${exchange} ${routingKey}`;
    const last = open.get(key);
    if (last && last.messages.length < together && last.bytes + body.length <= BUNDLE_BYTES) {
      last.messages.push(message);
      last.bytes += body.length;
    } else {
      const messages = [message];
      bundles.push(messages);
      open.set(key, { messages, bytes: body.length });
    }
  }
  return bundles;
}

function failure(reason: Reason): NotPublishedError {
  failures.inc({ reason });
  return new NotPublishedError(REASONS[reason]);
}

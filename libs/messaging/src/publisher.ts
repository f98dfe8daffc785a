import { Injectable } from '@nestjs/common';
import { Drain, Health } from '@scrm/platform';
import { uuidKey } from './publication-id';
import { traceparent } from '@scrm/platform';
import type { ConfirmChannel, Options } from 'amqplib';
import { BrokerConnection } from './connection';
import type { KeptChannel } from './kept-channel';

/** The broker did not take the message: nothing may be answered, acked or forgotten on the strength of it. */
export class NotPublishedError extends Error {
  readonly transient = true;
}

interface Outstanding {
  channel: ConfirmChannel;
  deadline: number;
  returned: boolean;
  resolve: () => void;
  reject: (error: Error) => void;
}

const CONFIRM_TIMEOUT_MS = 5_000;
const SWEEP_MS = 250;
/** Beyond this the process refuses instead of hoarding: the broker is behind, and callers can try again. */
const MAX_OUTSTANDING = 20_000;

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
 * a refusal, by the loss of the channel, or after 5 s (amqplib may never settle the confirms of a closed channel).
 */
@Injectable()
export class Publisher {
  private readonly kept: KeptChannel;
  private readonly outstanding = new Map<string, Outstanding>();
  private readonly sweeper: NodeJS.Timeout;

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
    this.sweeper = setInterval(() => this.expire(), SWEEP_MS);
    health.register('publisher', () => {
      if (!this.kept.current) throw new Error('no channel');
    });
    drain.on('close-connections', 'publisher', async () => {
      clearInterval(this.sweeper);
      await this.kept.close();
    });
  }

  /** Resolves when the broker has taken the message. @throws NotPublishedError */
  publish(exchange: string, routingKey: string, body: Buffer, options: PublishOptions = {}): Promise<void> {
    const channel = this.kept.current;
    if (!channel) return Promise.reject(new NotPublishedError('The broker is not connected.'));
    if (this.outstanding.size >= MAX_OUTSTANDING) {
      return Promise.reject(new NotPublishedError('Too many messages wait for the broker.'));
    }
    return new Promise<void>((resolve, reject) => {
      const id = uuidKey();
      const deadline = Date.now() + CONFIRM_TIMEOUT_MS;
      this.outstanding.set(id, { channel, deadline, returned: false, resolve, reject });
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
      try {
        // The answer `false` only asks for patience: the message is buffered all the same.
        channel.publish(exchange, routingKey, body, properties, (error: unknown) =>
          this.confirmed(id, error),
        );
      } catch (error) {
        this.settle(id, new NotPublishedError(`The broker channel failed: ${String(error)}`));
      }
    });
  }

  private confirmed(id: string, error: unknown) {
    const returned = this.outstanding.get(id)?.returned;
    if (error) this.settle(id, new NotPublishedError('The broker refused the message.'));
    else if (returned) this.settle(id, new NotPublishedError('No queue takes the message.'));
    else this.settle(id);
  }

  private settle(id: string, error?: Error) {
    const entry = this.outstanding.get(id);
    if (!entry) return;
    this.outstanding.delete(id);
    if (error) entry.reject(error);
    else entry.resolve();
  }

  private failAll() {
    for (const id of [...this.outstanding.keys()]) {
      this.settle(id, new NotPublishedError('The broker connection was lost before the confirm.'));
    }
  }

  /** Entries are in the order of their deadlines. */
  private expire() {
    const now = Date.now();
    for (const [id, entry] of this.outstanding) {
      if (entry.deadline > now) return;
      this.settle(id, new NotPublishedError('The broker did not confirm in time.'));
    }
  }
}

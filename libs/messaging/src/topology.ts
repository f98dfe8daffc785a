import {
  conversationChanged,
  INBOUND_PARTITIONS,
  OUTBOUND_PARTITIONS,
  type BrokerNames,
} from '@scrm/contracts';
import type { ConfirmChannel } from 'amqplib';

/** A queue that is this long refuses more: the publisher hears it, and Meta or the caller tries again. */
const MAX_QUEUE_LENGTH = 1_000_000;

/**
 * All exchanges and queues of the system, in one place. Every process declares all of it, so none depends on which
 * one starts first. Work queues are quorum queues, and partitioned ones have a single active consumer: that keeps
 * the order of a key, whoever dies.
 */
export async function declareTopology(channel: ConfirmChannel, names: BrokerNames): Promise<void> {
  const { exchange } = names;
  await Promise.all([
    channel.assertExchange(exchange.webhook, 'direct'),
    channel.assertExchange(exchange.outbound, 'direct'),
    channel.assertExchange(exchange.events, 'topic'),
    channel.assertExchange(exchange.realtime, 'fanout'),
    channel.assertExchange(exchange.interest, 'direct'),
    channel.assertExchange(exchange.dead, 'fanout'),
  ]);
  const partitions = (count: number) => Array.from({ length: count }, (_, i) => i);
  await Promise.all([
    // One publish serves both: whoever subscribes to the event, and every ws pod through the fanout.
    channel.bindExchange(exchange.realtime, exchange.events, conversationChanged.key),
    channel
      .assertQueue(exchange.dead, quorum())
      .then(() => channel.bindQueue(exchange.dead, exchange.dead, '')),
    channel.assertQueue(names.workersQueue('waba'), quorum()),
    workQueue(channel, exchange.webhook, names.archiveQueue, quorum(exchange.dead)),
    ...partitions(INBOUND_PARTITIONS).map((p) =>
      workQueue(channel, exchange.webhook, names.inboundQueue(p), singleActive(exchange.dead)),
    ),
    ...partitions(OUTBOUND_PARTITIONS).map((p) =>
      workQueue(channel, exchange.outbound, names.outboundQueue(p), singleActive(exchange.dead)),
    ),
  ]);
}

/** The queue's own name is its routing key. */
async function workQueue(
  channel: ConfirmChannel,
  exchange: string,
  queue: string,
  options: ReturnType<typeof quorum>,
) {
  await channel.assertQueue(queue, options);
  await channel.bindQueue(queue, exchange, queue);
}

function quorum(deadLetterExchange?: string) {
  return {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-max-length': MAX_QUEUE_LENGTH,
      'x-overflow': 'reject-publish',
      ...(deadLetterExchange && { 'x-dead-letter-exchange': deadLetterExchange }),
    } as Record<string, unknown>,
  };
}

function singleActive(deadLetterExchange: string) {
  const options = quorum(deadLetterExchange);
  options.arguments['x-single-active-consumer'] = true;
  return options;
}

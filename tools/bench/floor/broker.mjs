/** The floor's broker: quorum queues by customer on the way in, a fanout to the pods on the way to the screens. */
import { connect } from 'amqplib';

export const PARTITIONS = 8;
export const EVENTS = 'floor.events';

/** @param {number} partition */
export const inboundQueue = (partition) => `floor.inbound.${partition}`;

/** A channel with confirms on a connection of its own. Without the broker a process ends: it is started again. */
export async function openChannel() {
  const connection = await connect(process.env.RABBITMQ_URL ?? '', { noDelay: true });
  connection.on('error', () => {});
  connection.on('close', () => process.exit(1));
  const channel = await connection.createConfirmChannel();
  await channel.assertExchange(EVENTS, 'fanout');
  for (let p = 0; p < PARTITIONS; p++)
    await channel.assertQueue(inboundQueue(p), {
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-single-active-consumer': true },
    });
  return channel;
}

import { eventually } from '@scrm/testing';
import { BatchConsumer, type BatchConsumerOptions, type Delivery } from '../src';
import { silent, type Pod, type Stage } from './harness';

export const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => String(from + n));
export const texts = (batch: Delivery[]) => batch.map((d) => d.body.toString());

/** A promise that the test settles. */
export function gate() {
  let open!: () => void;
  let fail!: (error: Error) => void;
  const opened = new Promise<void>((resolve, reject) => ([open, fail] = [resolve, reject]));
  opened.catch(() => undefined);
  return { opened, open, fail };
}

/** Resolves when the broker has them. */
export async function publishAll(stage: Stage, queue: string, bodies: string[]) {
  for (const body of bodies)
    stage.admin.publish(stage.broker.names.exchange.webhook, queue, Buffer.from(body));
  // An answer to a later question says that the broker has read the earlier words.
  await stage.admin.checkQueue(queue);
}

/** Resolves when it consumes; it stops at the latest with the stage. */
export async function consumeBatches(
  stage: Stage,
  { connection }: Pod,
  options: Pick<BatchConsumerOptions, 'queues' | 'handle'> & Partial<BatchConsumerOptions>,
) {
  const consumer = new BatchConsumer(
    connection,
    { name: 'test', prefetch: 50, maxBatch: 10, ...options },
    silent,
  );
  stage.later(() => consumer.stop());
  await eventually(() => expect(consumer.consuming).toBe(true));
  return consumer;
}

import { eventually } from '@scrm/testing';
import type { ConsumeMessage } from 'amqplib';
import { type BatchConsumerOptions, type Delivery } from '../src';
import { bundle } from '../src/bundle';
import { consumeBatches, gate, publishAll, range, texts } from './batches';
import { Stage, type Pod } from './harness';

const settled = Promise.resolve();

describe('consuming in batches', () => {
  let stage: Stage;
  let pod: Pod;
  let queues: string[];

  beforeEach(async () => {
    stage = await Stage.open();
    pod = await stage.podBehindNetwork();
    queues = [0, 1, 2].map((n) => stage.broker.names.inboundQueue(n));
    await eventually(async () => expect((await pod.health.readiness()).ready).toBe(true));
  });
  afterEach(() => stage.close());

  const publish = (bodies: string[], queue = queues[0]!) => publishAll(stage, queue, bodies);
  const consume = (
    handle: BatchConsumerOptions['handle'],
    options: Partial<BatchConsumerOptions> = {},
    by = pod,
  ) => consumeBatches(stage, by, { queues: [queues[0]!], handle, ...options });
  const nothingIsReady = (queue = queues[0]!) =>
    eventually(async () => expect(await stage.ready(queue)).toBe(0));

  /**
   * Everything that nobody acked, as the next worker finds it. The queue has one active consumer: this one's turn
   * comes when the first one is gone, and with it all that it held.
   */
  async function leftOver(): Promise<string[]> {
    const found: string[] = [];
    const queue = queues[0]!;
    await publish(['end']);
    const take = (message: ConsumeMessage | null) => message && found.push(message.content.toString());
    const { consumerTag } = await stage.admin.consume(queue, take, { noAck: true });
    await eventually(() => expect(found).toContain('end'));
    await stage.admin.cancel(consumerTag);
    return found.slice(0, -1);
  }

  it('takes one delivery at once, and together what came while it was busy', async () => {
    const batches: string[][] = [];
    const first = gate();
    const consumer = await consume(async (batch) => {
      batches.push(texts(batch));
      if (batches.length === 1) await first.opened;
      return { settled };
    });
    await publish(['1']);
    await eventually(() => expect(batches).toEqual([['1']]));
    await publish(range(2, 30));
    await nothingIsReady();
    first.open();
    await eventually(() => expect(batches.flat()).toEqual(range(1, 30)));
    expect(Math.max(...batches.map((b) => b.length))).toBe(10);
    await consumer.stop();
    expect(await leftOver()).toEqual([]);
  });

  it.each([1, 2])('keeps the order of each queue, with %s batches in hand', async (atOnce) => {
    const seen = new Map<string, string[]>(queues.map((queue) => [queue, []]));
    await consume(
      async (batch) => {
        for (const { queue, body } of batch) seen.get(queue)!.push(body.toString());
        await new Promise(setImmediate);
        return { settled };
      },
      { queues, maxBatch: 7, prefetch: 20, atOnce },
    );
    await Promise.all(queues.map((queue) => publish(range(1, 200), queue)));
    await eventually(() => {
      expect([...seen.values()]).toEqual(queues.map(() => range(1, 200)));
    });
  });

  it('parts what came as one message, in its order, and ends no batch within it', async () => {
    const batches: Delivery[][] = [];
    const second = gate();
    await consume(
      async (batch) => {
        batches.push(batch);
        if (batches.length === 2) await second.opened;
        return { settled };
      },
      { maxBatch: 3 },
    );
    const bundled = (...texts: string[]) => {
      const messages = texts.map((text) => ({ headers: { of: text }, body: Buffer.from(text) }));
      const { headers, body } = bundle(messages);
      stage.admin.publish(stage.broker.names.exchange.webhook, queues[0]!, body, { headers });
    };
    await publish(['1']);
    await eventually(() => expect(batches).toHaveLength(1));
    bundled('2', '3', '4', '5');
    bundled('6', '7');
    await publish(['8']);
    // A batch of three would end within it.
    await eventually(() => expect(batches).toHaveLength(2));
    expect(texts(batches[1]!)).toEqual(['2', '3', '4', '5']);
    expect(batches[1]!.map((delivery) => delivery.headers)).toEqual(range(2, 5).map((of) => ({ of })));
    second.open();
    await eventually(() => expect(batches.flatMap(texts)).toEqual(range(1, 8)));
  });

  it('tries a failing batch again in its place: nothing overtakes it', async () => {
    const attempts: string[][] = [];
    const consumer = await consume(
      async (batch) => {
        attempts.push(texts(batch));
        if (attempts.length === 1) await publish(['2']);
        if (attempts.length < 4) throw new Error('the database is away');
        return { settled };
      },
      { maxBatch: 1 },
    );
    await publish(['1']);
    await eventually(() => expect(attempts).toEqual([['1'], ['1'], ['1'], ['1'], ['2']]));
    await consumer.stop();
    expect(await leftOver()).toEqual([]);
  });

  it('works on the next batch while the last one waits for its confirms, and acks in order', async () => {
    const confirms = range(1, 3).map(gate);
    const handled: string[] = [];
    const consumer = await consume(
      async (batch) => {
        handled.push(...texts(batch));
        return { settled: confirms[Number(texts(batch)[0]) - 1]!.opened };
      },
      { maxBatch: 1 },
    );
    await publish(range(1, 3));
    await eventually(() => expect(handled).toEqual(range(1, 3)));
    // The first is not confirmed: the others, though done, must not be forgotten before it.
    confirms[1]!.open();
    confirms[2]!.open();
    // Confirmed over the same line: what was said on it before, e.g. a premature ack, has been heard by now.
    await pod.publisher.publish('', stage.broker.names.archiveQueue, Buffer.from('.'));
    stage.network.refuse();
    await eventually(() => expect(consumer.consuming).toBe(false));
    expect(await leftOver()).toEqual(range(1, 3));
    confirms[0]!.open();
  });

  it('hands out again exactly what was not acked when the connection was lost', async () => {
    const confirms = range(1, 6).map(gate);
    const handled: string[] = [];
    const again: string[] = [];
    await consume(
      async ([delivery]) => {
        const text = delivery!.body.toString();
        (delivery!.redelivered ? again : handled).push(text);
        return { settled: delivery!.redelivered ? settled : confirms[Number(text) - 1]!.opened };
      },
      { maxBatch: 1, prefetch: 4 },
    );
    await publish(range(1, 6));
    await eventually(() => expect(handled).toEqual(range(1, 4)));
    for (const n of [0, 1, 3]) confirms[n]!.open();
    // Two acks have reached the broker when it hands out two more.
    await eventually(() => expect(handled).toEqual(range(1, 6)));
    stage.network.cut();
    await eventually(() => expect(again).toEqual(range(3, 6)));
    expect(handled).toEqual(range(1, 6));
  });

  it('does a batch again when its events were not confirmed, and not in a hurry', async () => {
    const times: number[] = [];
    const consumer = await consume(async () => {
      times.push(Date.now());
      return { settled: times.length <= 3 ? Promise.reject(new Error('no broker')) : settled };
    });
    await publish(['1']);
    await eventually(() => expect(times).toHaveLength(4));
    // Pauses of at least 50, 100 and 200 ms.
    expect(times[3]! - times[0]!).toBeGreaterThanOrEqual(340);
    await consumer.stop();
    expect(await leftOver()).toEqual([]);
  });

  it('finishes and acks what is in hand when it stops, and leaves the rest to others', async () => {
    const work = gate();
    const confirm = gate();
    const handled: string[] = [];
    const consumer = await consume(async (batch) => {
      handled.push(...texts(batch));
      await work.opened;
      return { settled: confirm.opened };
    });
    await publish(['1']);
    await eventually(() => expect(handled).toEqual(['1']));
    await publish(range(2, 20));
    await nothingIsReady();
    let stopped = false;
    const stopping = consumer.stop().then(() => (stopped = true));
    work.open();
    await new Promise(setImmediate);
    expect(stopped).toBe(false);
    confirm.open();
    await stopping;
    expect(handled).toEqual(['1']);
    expect(await leftOver()).toEqual(range(2, 20));
  });

  it('hands its queue over in order: the next worker begins where it ended', async () => {
    const work = gate();
    const handled: string[] = [];
    const consumer = await consume(
      async (batch) => {
        await work.opened;
        handled.push(...texts(batch));
        return { settled };
      },
      { prefetch: 5, maxBatch: 1 },
    );
    await publish(range(1, 30));
    await eventually(async () => expect(await stage.ready(queues[0]!)).toBe(25));
    const other = await stage.pod();
    await consume(
      async (batch) => {
        handled.push(...texts(batch));
        return { settled };
      },
      {},
      other,
    );
    const stopping = consumer.stop();
    // Time for the other one to begin, if the broker already lets it.
    await stage.admin.checkQueue(queues[0]!);
    work.open();
    await stopping;
    await eventually(() => expect(handled).toHaveLength(30));
    expect(handled).toEqual(range(1, 30));
  });

  it('stops though the batch in hand cannot be done', async () => {
    let attempts = 0;
    const consumer = await consume(async () => {
      attempts++;
      throw new Error('the database is away');
    });
    await publish(['1']);
    await eventually(() => expect(attempts).toBeGreaterThan(0));
    await consumer.stop();
    expect(await leftOver()).toEqual(['1']);
  });

  it('acks nothing that came after a batch which it gave up', async () => {
    const confirms = [gate(), gate()];
    const handled: string[] = [];
    const consumer = await consume(
      async (batch) => {
        handled.push(...texts(batch));
        if (handled.length > 2) throw new Error('the database is away');
        return { settled: confirms[handled.length - 1]!.opened };
      },
      { maxBatch: 1 },
    );
    await publish(range(1, 2));
    await eventually(() => expect(handled).toEqual(['1', '2']));
    const stopping = consumer.stop();
    confirms[0]!.fail(new Error('not confirmed'));
    await new Promise(setImmediate);
    confirms[1]!.open();
    await stopping;
    expect(await leftOver()).toEqual(['1', '2']);
  });

  it('stops in a few seconds though the broker says nothing', async () => {
    const consumer = await consume(async () => ({ settled }));
    stage.network.freeze();
    await consumer.stop();
    expect(consumer.consuming).toBe(false);
    stage.network.cut();
  });

  it('consumes again after the broker ended its consumer', async () => {
    const handled: string[] = [];
    const consumer = await consume(
      async (batch) => {
        handled.push(...texts(batch));
        return { settled };
      },
      { queues },
    );
    await stage.admin.deleteQueue(queues[1]!);
    await stage.admin.deleteQueue(queues[0]!);
    await eventually(() => expect(consumer.consuming).toBe(false));
    await eventually(() => expect(consumer.consuming).toBe(true));
    await publish(['1'], queues[0]!);
    await publish(['2'], queues[1]!);
    await publish(['3'], queues[2]!);
    await eventually(() => expect([...handled].sort()).toEqual(['1', '2', '3']));
  });
});

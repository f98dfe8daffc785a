import { eventually } from '@scrm/testing';
import type { BatchConsumerOptions } from '../src';
import { consumeBatches, gate, publishAll, texts } from './batches';
import { Stage } from './harness';

describe('batches beside each other', () => {
  let stage: Stage;
  let queues: string[];
  /** In the order in which they began; each is in hand until its gate opens. */
  let batches: { of: string[]; end: ReturnType<typeof gate> }[];

  beforeEach(async () => {
    stage = await Stage.open();
    queues = [0, 1, 2].map((n) => stage.broker.names.inboundQueue(n));
    batches = [];
  });
  afterEach(async () => {
    for (const { end } of batches) end.open();
    await stage.close();
  });

  const publish = (queue: number, ...bodies: string[]) => publishAll(stage, queues[queue]!, bodies);
  const begun = () => batches.map(({ of }) => of);
  /** Received, and so known to the consumer that gives no sign of it. */
  const untilReceived = (queue: number) =>
    eventually(async () => expect(await stage.ready(queues[queue]!)).toBe(0));

  const consume = async (options: Partial<BatchConsumerOptions>) =>
    consumeBatches(stage, await stage.pod(), {
      queues,
      ...options,
      handle: async (batch) => {
        const end = gate();
        batches.push({ of: texts(batch), end });
        await end.opened;
        return { settled: Promise.resolve() };
      },
    });

  it('works on batches of different queues, and never on two of one', async () => {
    await consume({ atOnce: 3 });
    await publish(0, '1');
    await eventually(() => expect(begun()).toEqual([['1']]));
    await publish(0, '2', '3');
    await untilReceived(0);
    await publish(1, '4');
    await eventually(() => expect(begun()).toEqual([['1'], ['4']]));
    batches[0]!.end.open();
    await eventually(() => expect(begun()).toEqual([['1'], ['4'], ['2', '3']]));
  });

  it('has no more of them in hand than it may', async () => {
    await consume({ atOnce: 2 });
    await publish(0, '1');
    await eventually(() => expect(begun()).toEqual([['1']]));
    await publish(1, '2');
    await eventually(() => expect(begun()).toEqual([['1'], ['2']]));
    await publish(2, '3');
    await untilReceived(2);
    await publish(0, '4');
    await untilReceived(0);
    expect(batches).toHaveLength(2);
    batches[1]!.end.open();
    await eventually(() => expect(begun()).toEqual([['1'], ['2'], ['3']]));
    batches[0]!.end.open();
    await eventually(() => expect(begun()).toEqual([['1'], ['2'], ['3'], ['4']]));
  });

  const PACE = { leastMs: 500, perDeliveryMs: 0, mostMs: 500, quietMs: 1 };

  it('takes from all queues where the one before was done in time', async () => {
    await consume({ atOnce: 2, pace: PACE });
    await publish(0, '1');
    await eventually(() => expect(begun()).toEqual([['1']]));
    batches[0]!.end.open();
    await publish(1, '2');
    await publish(2, '3');
    await publish(0, '4');
    await eventually(() => expect(begun()).toEqual([['1'], ['2', '3', '4']]));
  });

  it('leaves queues for the batch beside it where the one before took longer', async () => {
    await consume({ atOnce: 2, pace: PACE });
    await publish(0, '1');
    await eventually(() => expect(begun()).toEqual([['1']]));
    await publish(1, '2');
    await eventually(() => expect(begun()).toEqual([['1'], ['2']]));
    batches[1]!.end.open();
    await new Promise(setImmediate);
    batches[0]!.end.open();
    await publish(2, '3');
    await publish(1, '4');
    await publish(0, '5');
    // Three queues have something to do: two of them at most go together.
    await eventually(() => expect(begun()).toHaveLength(4));
    expect(
      begun()
        .slice(2)
        .map(({ length }) => length),
    ).toEqual([2, 1]);
  });

  it('finishes all of them when it stops', async () => {
    const consumer = await consume({ atOnce: 2 });
    await publish(0, '1');
    await publish(1, '2');
    await eventually(() => expect(begun()).toEqual([['1'], ['2']]));
    let stopped = false;
    const stopping = consumer.stop().then(() => (stopped = true));
    batches[0]!.end.open();
    await new Promise(setImmediate);
    expect(stopped).toBe(false);
    batches[1]!.end.open();
    await stopping;
    expect(await Promise.all(queues.map((queue) => stage.ready(queue)))).toEqual([0, 0, 0]);
  });
});

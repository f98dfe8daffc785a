import { eventually } from '@scrm/testing';
import type { BatchPace } from '../src';
import { consumeBatches, publishAll, range, texts } from './batches';
import { Stage } from './harness';

describe('when batches begin', () => {
  let stage: Stage;
  let queue: string;
  let batches: { at: number; of: string[] }[];

  beforeEach(async () => {
    stage = await Stage.open();
    queue = stage.broker.names.inboundQueue(0);
    batches = [];
  });
  afterEach(() => stage.close());

  const publish = (bodies: string[]) => publishAll(stage, queue, bodies);
  const untilBatches = (count: number) => eventually(() => expect(batches).toHaveLength(count));
  const pauses = () => batches.slice(1).map(({ at }, i) => at - batches[i]!.at);

  async function consume(maxBatch: number, pace: BatchPace) {
    await consumeBatches(stage, await stage.pod(), {
      queues: [queue],
      maxBatch,
      pace,
      handle: (batch) => {
        batches.push({ at: performance.now(), of: texts(batch) });
        return Promise.resolve({ settled: Promise.resolve() });
      },
    });
  }

  it('lets a batch wait for its time, and for nothing when it is full', async () => {
    const everyMs = 700;
    await consume(10, { leastMs: everyMs, perDeliveryMs: 0, mostMs: everyMs, quietMs: 1 });
    await publish(['1']);
    await untilBatches(1);
    await publish(['2']);
    await publish(['3', '4']);
    await untilBatches(2);
    await publish(range(5, 14));
    await untilBatches(3);
    expect(batches.map(({ of }) => of)).toEqual([['1'], ['2', '3', '4'], range(5, 14)]);
    const [three, full] = pauses();
    expect(three).toBeGreaterThanOrEqual(everyMs - 5);
    expect(full).toBeLessThan(everyMs - 100);
  });

  it('lets a batch collect the longer, the more there was in the one before', async () => {
    await consume(9, { leastMs: 300, perDeliveryMs: 100, mostMs: 700, quietMs: 10_000 });
    await publish(['1']);
    await untilBatches(1);
    await publish(range(2, 4));
    await untilBatches(2);
    await publish(range(5, 12));
    await untilBatches(3);
    await publish(['13']);
    await untilBatches(4);
    expect(batches.map(({ of }) => of.length)).toEqual([1, 3, 8, 1]);
    const [afterOne, afterThree, afterEight] = pauses();
    expect(afterOne).toBeGreaterThanOrEqual(395);
    expect(afterThree).toBeGreaterThanOrEqual(595);
    expect(afterEight).toBeGreaterThanOrEqual(695);
    expect(afterEight).toBeLessThan(1_050);
  });

  it('lets a batch begin when nothing more comes, but not too soon after the one before', async () => {
    await consume(10, { leastMs: 200, perDeliveryMs: 60_000, mostMs: 60_000, quietMs: 50 });
    for (const bodies of [['1'], ['2', '3'], ['4']]) {
      const before = batches.length;
      await publish(bodies);
      await untilBatches(before + 1);
    }
    expect(batches.map(({ of }) => of)).toEqual([['1'], ['2', '3'], ['4']]);
    for (const pause of pauses()) expect(pause).toBeGreaterThanOrEqual(195);
  });

  it('lets no batch wait for ever because more and more comes', async () => {
    const mostMs = 2_500;
    await consume(10_000, { leastMs: 0, perDeliveryMs: mostMs, mostMs, quietMs: 2_000 });
    await publish(['1']);
    await untilBatches(1);
    await eventually(async () => {
      await publish(['more']);
      expect(batches).toHaveLength(2);
    });
    expect(pauses()[0]).toBeGreaterThanOrEqual(mostMs - 5);
    expect(pauses()[0]).toBeLessThan(mostMs + 1_500);
  });
});

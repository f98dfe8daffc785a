import { createLogger } from '@scrm/platform';
import fc from 'fast-check';
import { FairShare, surplus } from './fair-share';
import type { Partition } from './partition';

const EVERY_MS = 2_000;
const QUEUES = 8;
const logger = createLogger('test', 'silent');

describe('what is beyond the share', () => {
  const gone = (workers: number, ...loads: number[]) =>
    surplus(
      loads.map((load) => ({ load })),
      QUEUES,
      workers,
    ).map(({ load }) => load);

  it('is nothing for a worker that is alone, or that holds no more than others must', () => {
    expect(gone(1, 1, 2, 3, 4, 5, 6, 7, 8)).toEqual([]);
    expect(gone(2, 1, 2, 3, 4)).toEqual([]);
    expect(gone(100, 1)).toEqual([]);
    expect(gone(0)).toEqual([]);
  });

  it('is shared out busy and quiet ones alike', () => {
    expect(gone(4, 1, 2, 30, 40)).toEqual([1, 30]);
    expect(gone(8, 1, 2, 30, 40)).toEqual([1, 2, 30]);
  });

  it('is rounded up: of eight queues a third worker gets two', () => {
    expect(gone(3, 1, 2, 3, 4)).toHaveLength(1);
  });
});

/** The broker, as far as it matters: for each queue a line of workers, whose first one is handed what comes. */
class World {
  readonly lines = Array.from({ length: QUEUES }, (): FakeWorker[] => []);
  readonly workers: FakeWorker[] = [];
  handovers = 0;

  start() {
    this.workers.push(new FakeWorker(this));
  }
  end(index: number) {
    const [worker] = this.workers.splice(index, 1);
    worker!.share.stop();
    for (const queue of this.lines.keys()) this.leave(worker!, queue);
  }
  leave(worker: FakeWorker, queue: number) {
    const line = this.lines[queue]!;
    line.splice(line.indexOf(worker), 1);
  }
  /** A message for each queue in which `busy` says so. */
  deliver(busy: (queue: number) => boolean) {
    for (const [queue, [first]] of this.lines.entries()) if (busy(queue)) first?.take(queue);
  }
  counts() {
    return this.workers.map((worker) => this.lines.filter(([first]) => first === worker).length);
  }
}

class FakeWorker {
  readonly partitions: { active: boolean; load: number; queue: string }[];
  readonly share: FairShare;

  constructor(private readonly world: World) {
    this.partitions = Array.from({ length: QUEUES }, (_, n) => ({
      active: false,
      load: 0,
      queue: String(n),
    }));
    const consumer = {
      name: 'test',
      partitions: this.partitions as unknown as Partition[],
      giveUp: ({ queue }: Partition) => this.giveUp(Number(queue)),
    };
    this.share = new FairShare(consumer, () => Promise.resolve(world.workers.length), EVERY_MS, logger);
    for (const line of world.lines) line.push(this);
  }

  take(queue: number) {
    const partition = this.partitions[queue]!;
    partition.load++;
    if (!partition.active) this.share.soon();
    partition.active = true;
  }

  private giveUp(queue: number) {
    this.world.handovers++;
    this.partitions[queue]!.active = false;
    this.world.leave(this, queue);
    this.world.lines[queue]!.push(this);
  }
}

describe('sharing with others', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const live = async (world: World, ms: number, busy: (queue: number) => boolean = () => true) => {
    for (let at = 0; at < ms; at += 100) {
      world.deliver(busy);
      await jest.advanceTimersByTimeAsync(100);
    }
  };
  const most = (numbers: number[]) => Math.max(...numbers);

  it('ends in even shares within 10 s of whoever came or went, and then rests', async () => {
    const change = fc.oneof(fc.constant('start' as const), fc.nat(5));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const world = new World();
        world.start();
        await live(world, EVERY_MS);
        for (const what of changes) {
          if (what === 'start') world.start();
          else if (world.workers.length > 1) world.end(what % world.workers.length);
          await live(world, 10_000);
          const { length } = world.workers;
          expect(most(world.counts())).toBeLessThanOrEqual(Math.ceil(QUEUES / length));
          const { handovers } = world;
          await live(world, 30_000);
          expect(world.handovers).toBe(handovers);
        }
        while (world.workers.length > 0) world.end(0);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves quiet queues where they are, and shares the busy ones', async () => {
    const world = new World();
    for (let n = 0; n < 2; n++) world.start();
    await live(world, 10_000, (queue) => queue < 4);
    expect(world.handovers).toBe(0);
    expect(world.counts()).toEqual([8, 0]);
    await live(world, 10_000);
    expect(world.counts()).toEqual([4, 4]);
  });

  it('does not pass a queue on and on where nobody else takes one', async () => {
    const world = new World();
    world.start();
    // In the roster, and in no line.
    world.workers.push({ share: { stop: () => undefined } } as FakeWorker);
    await live(world, 600_000);
    // Each of the four beyond the share: after 8, 16, 32, 64, 128, 256 s, and not every two seconds.
    expect(world.handovers).toBeGreaterThan(4);
    expect(world.handovers).toBeLessThanOrEqual(4 * 8);
  });
});

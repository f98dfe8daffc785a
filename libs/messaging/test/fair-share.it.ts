import { INBOUND_PARTITIONS } from '@scrm/contracts';
import { eventually, TcpProxy } from '@scrm/testing';
import type { BatchConsumer } from '../src';
import { Stage, type Pod } from './harness';

/** Workers come and go, and each time several of them have to notice. */
const LIMIT_MS = 90_000;

const SHARE_EVERY_MS = 200;

interface Worked {
  worker: Worker;
  queue: string;
  n: number;
}

/** A process that consumes all partitions. */
class Worker {
  private readonly consumer: BatchConsumer;
  dead = false;

  constructor(
    readonly pod: Pod,
    private readonly network: TcpProxy,
    queues: string[],
    log: Worked[],
  ) {
    this.consumer = pod.consumers.start({
      name: 'test',
      queues,
      prefetch: 20,
      maxBatch: 15,
      handle: async (batch) => {
        if (!this.dead) {
          for (const { queue, body } of batch) log.push({ worker: this, queue, n: Number(body.toString()) });
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
        return { settled: new Promise((resolve) => setTimeout(resolve, 3)) };
      },
    });
  }

  /** Of how many queues it is the active consumer. */
  active(): number {
    return this.consumer.partitions.filter((p) => p.active).length;
  }

  /** Its connection breaks, and it never comes back. */
  kill() {
    this.dead = true;
    this.network.refuse();
  }
}

describe('sharing partitions', () => {
  let stage: Stage;
  let queues: string[];
  let log: Worked[];
  let workers: Worker[];
  let published: Map<string, number>;

  beforeEach(async () => {
    stage = await Stage.open();
    queues = Array.from({ length: INBOUND_PARTITIONS }, (_, p) => stage.broker.names.inboundQueue(p));
    [log, workers] = [[], []];
    published = new Map(queues.map((queue) => [queue, 0]));
  });
  afterEach(() => stage.close());

  async function start(): Promise<Worker> {
    const network = await TcpProxy.to(stage.broker.url);
    stage.later(() => network.close());
    const pod = await stage.pod(network.url, { shareEveryMs: SHARE_EVERY_MS });
    const worker = new Worker(pod, network, queues, log);
    await eventually(async () => expect((await pod.health.readiness()).ready).toBe(true));
    workers.push(worker);
    return worker;
  }

  /** Numbered from 1 in each queue. */
  function publish(each: number) {
    for (const queue of queues) {
      for (let i = 0; i < each; i++) {
        const n = published.get(queue)! + 1;
        published.set(queue, n);
        stage.admin.publish(stage.broker.names.exchange.webhook, queue, Buffer.from(String(n)));
      }
    }
  }

  /** Nobody has more than a share, and together they have everything. */
  async function isEven() {
    const alive = workers.filter((worker) => !worker.dead);
    await eventually(
      () => {
        publish(1);
        const active = alive.map((worker) => worker.active());
        expect(active.reduce((a, b) => a + b, 0)).toBe(queues.length);
        expect(Math.max(...active)).toBeLessThanOrEqual(Math.ceil(queues.length / alive.length));
      },
      { within: 30_000, every: 50 },
    );
  }

  const worked = (queue: string) => log.filter((entry) => entry.queue === queue);
  const numbers = (queue: string) => Array.from({ length: published.get(queue)! }, (_, i) => i + 1);
  const allIsWorked = () =>
    eventually(
      () => {
        for (const queue of queues) {
          expect(new Set(worked(queue).map(({ n }) => n)).size).toBe(published.get(queue));
        }
      },
      { within: 30_000 },
    );

  it(
    'gives each worker its share, whoever comes and goes',
    async () => {
      await start();
      await isEven();
      for (let n = 2; n <= 4; n++) {
        await start();
        await isEven();
      }
      for (const worker of workers.slice(0, 3)) {
        worker.kill();
        await isEven();
      }
      await expect(allIsWorked()).resolves.toBeUndefined();
    },
    LIMIT_MS,
  );

  it(
    'keeps the order, loses nothing and does nothing twice while queues change hands',
    async () => {
      await start();
      let over = false;
      stage.later(async () => void (over = true));
      const load = (async () => {
        while (!over) {
          publish(2);
          await new Promise((resolve) => setTimeout(resolve, 8));
        }
      })();
      await eventually(() => expect(log.length).toBeGreaterThan(500));
      await start();
      await start();
      await isEven();
      await workers[0]!.pod.stop();
      workers.shift();
      await isEven();
      await start();
      await isEven();
      over = true;
      await load;
      await allIsWorked();
      for (const queue of queues) expect(worked(queue).map(({ n }) => n)).toEqual(numbers(queue));
      expect(new Set(worked(queues[0]!).map(({ worker }) => worker)).size).toBeGreaterThan(1);
    },
    LIMIT_MS,
  );

  it(
    'goes on in order where a worker is killed, from what it had not acked',
    async () => {
      for (let n = 0; n < 3; n++) await start();
      await isEven();
      publish(400);
      await eventually(() => expect(log.length).toBeGreaterThan(1_000));
      workers[1]!.kill();
      await allIsWorked();
      for (const queue of queues) {
        const entries = worked(queue);
        const steps = entries.slice(1).map((entry, i) => ({ from: entries[i]!, to: entry }));
        // One after the other; back only where another worker takes up what the dead one had not acked.
        const wrong = steps.filter(({ from, to }) =>
          from.worker === to.worker ? to.n !== from.n + 1 : to.n > from.n + 1,
        );
        expect(wrong).toEqual([]);
        expect([...new Set(entries.map(({ n }) => n))]).toEqual(numbers(queue));
      }
    },
    LIMIT_MS,
  );
});

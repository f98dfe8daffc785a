/** RabbitMQ stops, dies, hangs, or is cut off: what was answered with 200 stays where it was put. */
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('../world.mjs').World} World */
/** @typedef {import('../world.mjs').Fault} Fault */

const RECOVERY_MS = 30_000;
/** Long enough for the heartbeats of 5 s to find it out. */
const HUNG_MS = 30_000;

/** @type {Fault[]} */
export const BROKER_FAULTS = [
  {
    name: 'broker:stop',
    title: 'RabbitMQ is stopped, and started again',
    times: 30,
    short: 0,
    recoveryMs: RECOVERY_MS,
    async run(world) {
      const { broker, random } = world;
      await broker.stop();
      await sleep(random.between(0, 1_000));
      await broker.start();
      return world.recovered(performance.now());
    },
  },
  {
    name: 'broker:kill',
    title: 'RabbitMQ is killed',
    times: 30,
    short: 1,
    recoveryMs: RECOVERY_MS,
    async run(world) {
      const { broker, random } = world;
      await sleep(random.between(0, 300));
      const pid = broker.kill('SIGKILL');
      const died = performance.now();
      await broker.untilReady(60_000, pid);
      return world.recovered(died);
    },
  },
  {
    name: 'broker:reset',
    title: 'all connections to RabbitMQ are reset, some of them again at once',
    times: 30,
    short: 0,
    recoveryMs: RECOVERY_MS,
    async run(world) {
      const { broker, random } = world;
      await sleep(random.between(0, 300));
      broker.proxy.reset();
      await sleep(random.between(0, 1_500));
      broker.proxy.reset(0.5);
      return world.recovered(performance.now());
    },
  },
  {
    name: 'broker:blackhole',
    title: 'the network to RabbitMQ swallows everything for 30 s',
    times: 2,
    short: 0,
    recoveryMs: RECOVERY_MS,
    block: 1,
    async run(world) {
      world.broker.proxy.blackhole();
      await sleep(HUNG_MS);
      world.broker.proxy.pass();
      return world.recovered(performance.now());
    },
    end: async ({ broker }) => broker.proxy.pass(),
  },
  {
    name: 'broker:hang',
    title: 'RabbitMQ hangs for 30 s (SIGSTOP)',
    times: 2,
    short: 0,
    recoveryMs: RECOVERY_MS,
    block: 1,
    async run(world) {
      const { broker } = world;
      broker.kill('SIGSTOP');
      await sleep(HUNG_MS);
      broker.kill('SIGCONT');
      return world.recovered(performance.now());
    },
    end: async ({ broker }) => void (broker.pid && broker.kill('SIGCONT')),
  },
  {
    name: 'broker:slow',
    title: 'each byte to and from RabbitMQ takes 300 ms',
    times: 2,
    short: 0,
    recoveryMs: RECOVERY_MS,
    block: 1,
    async run(world) {
      world.broker.proxy.delay(300);
      await sleep(10_000);
      world.broker.proxy.pass();
      return world.recovered(performance.now());
    },
    end: async ({ broker }) => broker.proxy.pass(),
  },
];

/** What it costs to tell more pods: the product's own curve, for both ways to route. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPublisher } from './fanout-parts.mjs';
import { atMost, note, round } from './report.mjs';
import { draft, uuid } from './sockets-clients.mjs';
import { Streams } from './sockets-history.mjs';
import { sampleCpu } from './usage.mjs';

const PODS = [2, 8, 32, 128];
const ROUTINGS = ['fanout', 'interest'];
/** Events a transaction: as at low load, and as at high. */
const BATCHES = { single: 1, batch: 100 };
/** On their way to the slowest pod. */
const IN_FLIGHT = { single: 400, batch: 1_500 };
const SECONDS = 6;
const WARM_UP_MS = 1_500;

const TEAMS = 18;
const AGENTS = 180;

/** Two admins, a leader for each team, ten agents in each. Every event is an agent's, in turns. */
const VIEWERS = [
  ...[1_001, 1_002].map((n) => ({ role: 'admin', n, teams: [], every: 1, at: 0 })),
  ...Array.from({ length: TEAMS }, (_, at) => ({
    role: 'leader',
    n: 2_000 + at,
    teams: [at],
    every: TEAMS,
    at,
  })),
  ...Array.from({ length: AGENTS }, (_, at) => ({
    role: 'agent',
    n: at,
    teams: [at % TEAMS],
    every: AGENTS,
    at,
  })),
];

/** @param {import('./stack.mjs').Context} context */
export async function fanout({ stack, options }) {
  const seconds = options.seconds ?? SECONDS;
  /** @type {Awaited<ReturnType<typeof point>>[]} */
  const points = [];
  for (const load of /** @type {const} */ (['single', 'batch']))
    for (const pods of PODS)
      for (const routing of ROUTINGS) {
        const measured = await point(stack.info, { load, pods, routing, seconds });
        note(`fanout: ${JSON.stringify(measured)}`);
        points.push(measured);
      }
  const sum = (/** @type {'wrong' | 'missing'} */ what) => points.reduce((total, p) => total + p[what], 0);
  return { points, figures: { wrong: atMost(sum('wrong'), 0), missing: atMost(sum('missing'), 0) } };
}

/**
 * @param {Pick<import('./stack.mjs').StackInfo, 'rabbitmqUrl' | 'services'>} info
 * @param {{ load: 'single' | 'batch', pods: number, routing: string, seconds: number, namespace?: string }} what
 */
export async function point({ rabbitmqUrl: url, services }, what) {
  const { load, pods, routing, seconds, namespace = 'bench-fanout' } = what;
  const tenantId = uuid('0e', 3_000);
  const streams = new Streams();
  const child = fork(join(import.meta.dirname, 'fanout-pods.mjs'), [], { serialization: 'json' });
  const state = { at: 0, wrong: 0, seen: 0 };
  const ready = new Promise((resolve) =>
    child.on('message', (/** @type {any} */ message) => {
      if (message.ready) resolve(undefined);
      else if (message.ask) child.send({ answer: message.ask, value: answerOf(streams, message) });
      else Object.assign(state, message);
    }),
  );
  const publisher = await openPublisher(url, namespace, routing);
  try {
    child.send({ open: { url, namespace, routing, tenantId, pods, viewers: VIEWERS } });
    await ready;
    const stream = streams.of(tenantId);
    let failed = 0;
    let unconfirmed = 0;
    const publish = () => {
      const drafts = Array.from({ length: BATCHES[load] }, (_, i) => {
        const agent = (stream.head + 1 + i) % AGENTS;
        return draft(stream.head + i, agent % TEAMS, agent);
      });
      unconfirmed++;
      publisher
        .publish([streams.commit(tenantId, drafts)])
        .catch(() => failed++)
        .finally(() => unconfirmed--);
    };
    const broker = services.filter(({ name }) => name === 'rabbitmq');
    const begun = performance.now();
    let from = { at: 0, head: 0, cpu: sampleCpu(broker) };
    const end = begun + WARM_UP_MS + seconds * 1000;
    while (performance.now() < end) {
      if (!from.at && performance.now() >= begun + WARM_UP_MS)
        from = { at: performance.now(), head: state.at, cpu: sampleCpu(broker) };
      while (stream.head - state.at + BATCHES[load] <= IN_FLIGHT[load] && unconfirmed < 1_000) publish();
      await sleep(1);
    }
    const cpu = sampleCpu(broker);
    const took = (performance.now() - from.at) / 1000;
    const events = state.at - from.head;
    const ticks = (/** @type {import('./usage.mjs').Sample} */ at) => at.ticks.get('rabbitmq')?.ticks ?? NaN;
    const brokerMs = (ticks(cpu) - ticks(from.cpu)) * 10;
    const expected = expectedOf(stream.head);
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(20))
      if (state.at >= stream.head && state.seen >= expected) break;
    return {
      load,
      pods,
      routing,
      eventsPerSecond: Math.round(events / took),
      brokerMsPerEvent: Math.round((brokerMs / events) * 1000) / 1000,
      brokerMicrosecondsPerEventAndPod: round((brokerMs * 1000) / events / pods),
      reads: streams.asked.read,
      failed,
      seen: state.seen,
      wrong: state.wrong,
      missing: expected - state.seen,
    };
  } finally {
    await publisher.close();
    const exited = once(child, 'exit');
    child.disconnect();
    await exited;
  }
}

/** How many frames all viewers together have to get. @param {number} head */
const expectedOf = (head) =>
  VIEWERS.reduce(
    (all, { every, at }) => all + Math.floor(head / every) + (at > 0 && head % every >= at ? 1 : 0),
    0,
  );

/** @param {Streams} streams @param {{ what: string, question: any }} message */
const answerOf = (streams, { what, question }) =>
  what === 'heads' ? streams.heads(question) : streams.read(question);

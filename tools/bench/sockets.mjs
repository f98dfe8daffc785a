/** One ws pod: what a socket costs that only waits, and how much it gives to sockets that are busy. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openPublisher } from './fanout-parts.mjs';
import { atMost, note, round, spread } from './report.mjs';
import { Client, connectAll, draft, uuid, who } from './sockets-clients.mjs';
import { HistoryStandIn } from './sockets-history.mjs';
import { Pod } from './sockets-pod.mjs';
import { TokenMint } from './sockets-tokens.mjs';
import { cpuPercent, sampleCpu } from './usage.mjs';

const IDLE = 5_000;
const IDLE_SECONDS = 10;
const SOCKET_KIB = 40;

const TEAMS = 18;
const AGENTS = 180;
const EVENTS_A_SECOND = 5_000;
const BATCH = 100;
const BUSY_SECONDS = 10;
const DELAY_MS = 250;

const HERD = 1_000;
const MISSED = 200;

const NAMESPACE = 'bench-sockets';

/**
 * @typedef {object} Stage
 * @property {string} rabbitmqUrl
 * @property {TokenMint} mint
 * @property {HistoryStandIn} history
 * @property {(args?: string[]) => Promise<Pod>} pod
 */

/** @param {import('./stack.mjs').Context} context */
export async function sockets({ stack, options }) {
  const { rabbitmqUrl } = stack.info;
  const mint = await new TokenMint().open();
  const history = await HistoryStandIn.open(rabbitmqUrl, NAMESPACE);
  const pod = (/** @type {string[]} */ args = []) =>
    Pod.start(
      { RABBITMQ_URL: rabbitmqUrl, BROKER_NAMESPACE: NAMESPACE, JWKS_URL: mint.jwksUrl, LOG_LEVEL: 'warn' },
      { log: join(stack.home, 'sockets-pod.log'), args },
    );
  const stage = { rabbitmqUrl, mint, history, pod };
  try {
    const idle = await idleSockets(stage);
    note(`sockets: idle ${JSON.stringify(idle)}`);
    const busy = await busySockets(stage, options.seconds ?? BUSY_SECONDS);
    note(`sockets: busy ${JSON.stringify(busy)}`);
    const herd = await herdOfSockets(stage);
    note(`sockets: herd ${JSON.stringify(herd)}`);
    return {
      idle,
      busy,
      herd,
      figures: {
        kibPerSocket: atMost(Math.max(idle.kibPerSocket, idle.kibPerSocketOfObjects), SOCKET_KIB),
        eventsBehind: atMost(busy.behind, 0),
        wrong: atMost(busy.wrong + herd.wrong, 0),
        delayP99: atMost(busy.delayMs?.p99 ?? Infinity, DELAY_MS),
      },
    };
  } finally {
    mint.close();
    await history.close();
  }
}

/** @param {Stage} stage */
async function idleSockets({ mint, pod: start }) {
  const clients = Array.from({ length: IDLE }, (_, n) => {
    // Fifty tenants of a hundred agents: as on a pod of a small business's provider.
    const tenant = uuid('0e', n % 50);
    return new Client(mint.token(who(n % 10 === 0 ? 'leader' : 'agent', tenant, n, [n % 7])));
  });
  const pod = await start(['--expose-gc', '--import', join(import.meta.dirname, 'sockets-gc.mjs')]);
  try {
    // What the first sockets bring with them is not theirs: code, keys, caches.
    const warm = clients.slice(0, 100);
    await connectAll(warm, pod.url);
    for (const client of warm) client.end();
    const before = await settled(pod);
    const begun = performance.now();
    await connectAll(clients, pod.url);
    const connectSeconds = round((performance.now() - begun) / 1000);
    const asItIs = memoryKiB(pod.pid);
    const cpu = sampleCpu([{ name: 'pod', pid: pod.pid }]);
    await sleep(IDLE_SECONDS * 1000);
    const cpuIdle = cpuPercent(cpu, sampleCpu([{ name: 'pod', pid: pod.pid }])).pod;
    const after = await settled(pod);
    return {
      sockets: IDLE,
      connectSeconds,
      rssMiB: { before: round(before.rss / 1024), after: round(after.rss / 1024) },
      kibPerSocket: round((after.rss - before.rss) / IDLE),
      kibPerSocketOfObjects: round((after.held - before.held) / IDLE),
      kibPerSocketBeforeGc: round((asItIs - before.rss) / IDLE),
      cpuPercentIdle: cpuIdle,
    };
  } finally {
    for (const client of clients) client.end();
    await pod.stop();
  }
}

/**
 * Memory when nothing is left to collect: of the process, and what its objects take of it.
 *
 * @param {Pod} pod
 */
async function settled(pod) {
  let last = Infinity;
  for (let round = 0; round < 10; round++) {
    process.kill(pod.pid, 'SIGUSR2');
    await sleep(700);
    const now = memoryKiB(pod.pid);
    if (Math.abs(last - now) < 256) break;
    last = now;
  }
  const metrics = await (await fetch(`${pod.http}/metrics`)).text();
  const bytes = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}(?:{.*})? (.*)$`, 'm').exec(metrics)?.[1]);
  const held = bytes('nodejs_heap_size_used_bytes') + bytes('nodejs_external_memory_bytes');
  return { rss: memoryKiB(pod.pid), held: held / 1024 };
}

/** @param {number} pid */
const memoryKiB = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/**
 * A tenant at its busiest: two admins, a leader for each team, ten agents in each. Every message is somebody's, so
 * four sockets show it.
 *
 * @param {Stage} stage
 * @param {number} seconds
 */
async function busySockets({ rabbitmqUrl, mint, history, pod: start }, seconds) {
  const tenant = uuid('0e', 1_000);
  const teamOf = (/** @type {number} */ agent) => agent % TEAMS;
  /** Whose turn it is at this position: agents take turns. */
  const agentAt = (/** @type {number} */ position) => position % AGENTS;
  const client = (/** @type {string} */ role, /** @type {number} */ n, /** @type {number[]} */ teams) =>
    new Client(mint.token(who(role, tenant, n, teams)));
  const everyNth = (/** @type {number} */ n, /** @type {number} */ at) => (/** @type {number} */ position) =>
    position + 1 + ((((at - position - 1) % n) + n) % n);
  const admins = [client('admin', 1_001, []), client('admin', 1_002, [])];
  const leaders = Array.from({ length: TEAMS }, (_, team) => {
    const leader = client('leader', 2_000 + team, [team]);
    leader.next = everyNth(TEAMS, team);
    return leader;
  });
  const agents = Array.from({ length: AGENTS }, (_, n) => {
    const agent = client('agent', n, [teamOf(n)]);
    agent.next = everyNth(AGENTS, n);
    return agent;
  });
  const clients = [...admins, ...leaders, ...agents];
  const pod = await start();
  const publisher = await openPublisher(rabbitmqUrl, NAMESPACE);
  try {
    await connectAll(clients, pod.url);
    /** @type {number[]} by position */
    const sentAt = [];
    /** @type {number[]} */
    const delays = [];
    let measured = 0;
    for (const each of [admins[0], ...leaders, ...agents])
      each.onEvent = (position) => {
        if (position >= measured) delays.push(performance.now() - sentAt[position]);
      };
    const batches = ((seconds + 2) * EVENTS_A_SECOND) / BATCH;
    /** @type {Promise<void>[]} */
    const confirms = [];
    const begun = performance.now();
    let cpu = sampleCpu([{ name: 'pod', pid: pod.pid }]);
    let refused = 0;
    for (let batch = 0; batch < batches; batch++) {
      const due = begun + (batch * BATCH * 1000) / EVENTS_A_SECOND;
      if (due > performance.now()) await sleep(due - performance.now());
      if (batch === (2 * EVENTS_A_SECOND) / BATCH) {
        measured = history.of(tenant).head + 1;
        cpu = sampleCpu([{ name: 'pod', pid: pod.pid }]);
      }
      const first = history.of(tenant).head + 1;
      const drafts = Array.from({ length: BATCH }, (_, i) =>
        draft(first + i, teamOf(agentAt(first + i)), agentAt(first + i)),
      );
      const change = history.commit(tenant, drafts);
      const now = performance.now();
      for (const { position } of change.events) sentAt[position] = now;
      confirms.push(publisher.publish([change]).catch(() => void refused++));
    }
    const sentSeconds = (performance.now() - begun) / 1000;
    const used = cpuPercent(cpu, sampleCpu([{ name: 'pod', pid: pod.pid }]));
    await Promise.all(confirms);
    const { head } = history.of(tenant);
    const behind = () => admins.reduce((sum, { events }) => sum + head - events, 0);
    const deadline = performance.now() + 10_000;
    while (behind() > 0 && performance.now() < deadline) await sleep(20);
    const seen = leaders.reduce((sum, { events }) => sum + events, 0);
    const mine = agents.reduce((sum, { events }) => sum + events, 0);
    return {
      sockets: clients.length,
      eventsPerSecond: round(head / sentSeconds),
      framesPerSecond: round((head * 4) / sentSeconds),
      behind: behind() + Math.abs(head - seen) + Math.abs(head - mine),
      wrong: clients.reduce((sum, { wrong }) => sum + wrong, 0),
      refused,
      refills: history.asked.read,
      delayMs: spread(delays),
      cpuPercent: used,
    };
  } finally {
    for (const each of clients) each.end();
    await publisher.close();
    await pod.stop();
  }
}

/**
 * Everybody lost the connection at once and comes back within seconds, while it goes on.
 *
 * @param {Stage} stage
 */
async function herdOfSockets({ rabbitmqUrl, mint, history, pod: start }) {
  const tenant = uuid('0e', 2_000);
  const clients = Array.from(
    { length: HERD },
    (_, n) => new Client(mint.token(who('admin', tenant, 10_000 + n, []))),
  );
  const pod = await start();
  const publisher = await openPublisher(rabbitmqUrl, NAMESPACE);
  const say = async (/** @type {number} */ count) => {
    const { head } = history.of(tenant);
    const drafts = Array.from({ length: count }, (_, i) => draft(head + i, 1, null));
    await publisher.publish([history.commit(tenant, drafts)]);
  };
  try {
    await connectAll(clients, pod.url);
    for (const client of clients) client.end();
    for (let i = 0; i < MISSED; i += 10) await say(10);
    const asked = history.asked.read;
    const cpu = sampleCpu([{ name: 'pod', pid: pod.pid }]);
    const begun = performance.now();
    const done = () => clients.every(({ events }) => events === MISSED);
    await connectAll(clients, pod.url);
    const deadline = performance.now() + 30_000;
    while (!done() && performance.now() < deadline) await sleep(5);
    const seconds = (performance.now() - begun) / 1000;
    const used = cpuPercent(cpu, sampleCpu([{ name: 'pod', pid: pod.pid }]));
    return {
      sockets: HERD,
      missedEach: MISSED,
      seconds: Math.round(seconds * 100) / 100,
      reads: history.asked.read - asked,
      wrong: clients.reduce((sum, { wrong, events }) => sum + wrong + Math.abs(MISSED - events), 0),
      cpuSeconds: Math.round(used.pod * seconds) / 100,
    };
  } finally {
    for (const client of clients) client.end();
    await publisher.close();
    await pod.stop();
  }
}

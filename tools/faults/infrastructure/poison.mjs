/** Items that cannot be worked on: put aside after five tries, seen and replayed, and nobody else waits for them. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../lib/say.mjs';

/** @typedef {import('../world.mjs').World} World */

const WINDOW_MS = 4_000;
const QUARANTINE_MS = 30_000;
const POINT = 'inbound.opened';

/** @type {Record<string, (message: any) => unknown>} what makes a message one that cannot be stored */
const POISONS = {
  'no-id': ({ id: _, ...message }) => message,
  'nested-deep': (message) => ({ ...message, text: { body: 'x', more: nested(2_000) } }),
  'id-too-long': (message) => ({ ...message, id: `wamid.${randomBytes(6_000).toString('base64')}` }),
};

/** @type {import('../world.mjs').Fault[]} */
export const POISON_FAULTS = [
  {
    name: 'poison:throws',
    title: 'messages that fail each time they are tried, among those of others',
    times: 12,
    short: 3,
    strikes: 3,
    recoveryMs: 5_000,
    async run(world) {
      const calm = await latency(world, () => sleep(WINDOW_MS));
      const kinds = Object.keys(POISONS);
      const struck = await latency(world, async () => {
        for (const kind of kinds) await world.inbound.post(poisoned(world, kind));
        await sleep(WINDOW_MS);
      });
      // Beside other tests the machine itself makes everybody wait; behind the poison it would be many seconds.
      const tolerable = calm * 2 + (world.short ? 2_500 : 100);
      if (struck > tolerable)
        throw new Problem(`others waited ${struck} ms (p95) instead of ${calm} while poison was tried`);
      world.note(`poison:throws: p95 of the others ${calm} ms before, ${struck} ms meanwhile`);
      const began = performance.now();
      await quarantined(world, kinds.length);
      return [performance.now() - began, await world.recovered(performance.now())];
    },
  },
  {
    name: 'poison:kills',
    title: 'a message that kills its worker each time it is tried',
    times: 2,
    short: 0,
    recoveryMs: 5_000,
    rates: { in: 0.001, out: 0.001 },
    block: 1,
    async run(world) {
      await world.settled();
      // The last ticks. From then on nobody else's items pass that point, so it is this one alone that kills.
      await sleep(1_500);
      const before = (await listed(world)).length;
      world.arm(POINT);
      const written = world.inbound.write(world.inbound.next());
      let kills = 0;
      // Apart from the questions, which wait for the services: the next worker must not get past it meanwhile.
      const arming = setInterval(() => {
        if (world.isArmed(POINT)) return;
        kills++;
        world.arm(POINT);
      }, 2);
      try {
        const isPutAside = async () => (await listed(world)).length > before;
        await world.until(isPutAside, 'the message in quarantine', 60_000);
      } finally {
        clearInterval(arming);
        disarm(world);
      }
      world.note(`poison:kills: in quarantine after ${kills} deaths`);
      if (kills > 6) throw new Problem(`it killed ${kills} workers before it was put aside`);
      const [one] = await listed(world);
      await written;
      // Replayed, and no poison any more: it is shown, so the books come out even.
      await replay(world, one.id);
      return world.recovered(performance.now());
    },
    end: async (world) => disarm(world),
  },
];

/** @param {World} world @param {() => Promise<unknown>} window @returns {Promise<number>} p95 of webhook to screen, ms */
async function latency({ ledger }, window) {
  const from = ledger.count;
  await window();
  const to = ledger.count;
  await sleep(1_000);
  const times = ledger.times(from, to).toSocket.sort((a, b) => a - b);
  return Math.round(times[Math.floor(times.length * 0.95)] ?? 0);
}

/** @param {World} world */
const disarm = ({ crashDir }) => rmSync(join(crashDir, POINT), { force: true });

/** @param {World} world @param {string} kind */
function poisoned({ customers, inbound }, kind) {
  const [customer] = inbound.next();
  const { head, tail } = customers[customer];
  const delivery = JSON.parse(`${head}poison","timestamp":"1${tail}`);
  const { value } = delivery.entry[0].changes[0];
  value.messages = value.messages.map(POISONS[kind]);
  return Buffer.from(JSON.stringify(delivery));
}

/** @param {number} depth */
function nested(depth) {
  /** @type {unknown} */
  let value = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

/** @type {WeakMap<World, number>} */
const known = new WeakMap();

/** Waits until so many more are seen by REST, each after five tries. @param {World} world @param {number} more */
async function quarantined(world, more) {
  const expected = (known.get(world) ?? 0) + more;
  await world.until(
    async () => (await listed(world)).length >= expected,
    'poison in quarantine',
    QUARANTINE_MS,
  );
  const items = await listed(world);
  known.set(world, items.length);
  const wrong = items.find(({ attempts }) => attempts !== 5);
  if (wrong) throw new Problem(`put aside after ${wrong.attempts} tries: ${wrong.reason}`);
  await replay(world, items[0].id);
}

/** @param {World} world @returns {Promise<{ id: string, attempts: number, reason: string }[]>} the newest first */
async function listed(world) {
  const { items } = await ask(world, 'GET', '?status=quarantined&limit=100');
  return items;
}

/** @param {World} world @param {string} id */
async function replay(world, id) {
  const { replayedItems } = await ask(world, 'POST', `/${id}/replay`);
  if (replayedItems !== 1) throw new Problem(`${replayedItems} items were replayed instead of 1`);
}

/** @param {World} world @param {string} method @param {string} path @returns {Promise<any>} */
async function ask({ stack, agents }, method, path) {
  const admin = agents.find(({ role }) => role === 'admin');
  for (let tries = 0; ; tries++) {
    const response = await fetch(`${stack.info.back}/api/v1/webhook-deliveries${path}`, {
      method,
      headers: { authorization: `Bearer ${await admin?.token()}` },
      signal: AbortSignal.timeout(10_000),
    });
    if (response.ok) return response.json();
    if (response.status < 500 || tries > 50)
      throw new Problem(`${method} ${path}: ${response.status} ${await response.text()}`);
    await sleep(200);
  }
}

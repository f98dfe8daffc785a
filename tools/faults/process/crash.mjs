/** Death at every moment of both roads that matters: between any two of these points something becomes durable. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../../lib/files.mjs';
import { Problem } from '../../lib/say.mjs';

const ARMED_MS = 30_000;
/** What `npm test` has time for: both roads and the socket, at the moments where most can go wrong. */
const SELECTION = [
  'dispatch.claimed',
  'webhook.confirmed',
  'inbound.written',
  'send.committed',
  'inbound.committed',
  'dispatch.answered',
  'session.resumed',
];

/** Some points are passed only where the load is helped. @type {Record<string, (world: World) => Promise<unknown>>} */
const TRIGGERS = {
  'archive.stored': (world) => world.inbound.write(world.inbound.next(5)),
  'parked.applied': parkStatus,
  'session.authenticated': async (world) => world.random.pick(world.screens).drop(),
  'session.resumed': async (world) => world.random.pick(world.screens).drop(),
};

/** @typedef {import('../world.mjs').World} World */

/** @returns {import('../world.mjs').Fault[]} */
export function crashFaults() {
  const common = { recoveryMs: 5_000, block: 10 };
  return [
    ...crashPoints().map((point) => ({
      ...common,
      name: `crash:${point}`,
      title: 'dies there',
      times: 20,
      short: 0,
      run: (/** @type {World} */ world) => crashAt(world, point),
    })),
    {
      ...common,
      name: 'crash-selection',
      title: 'dies on both roads, at the worst moments',
      times: 0,
      short: SELECTION.length,
      run: (world, round) => crashAt(world, SELECTION[round % SELECTION.length]),
    },
  ];
}

/** The product's own list, as it was built. @returns {string[]} */
function crashPoints() {
  try {
    return [...createRequire(import.meta.url)(join(ROOT, 'libs/platform/dist/crash-point.js')).CRASH_POINTS];
  } catch {
    throw new Problem('libs/platform is not built: npm run build');
  }
}

/** @param {World} world @param {string} point */
async function crashAt(world, point) {
  const { stack } = world;
  const before = new Map(stack.ours().map(({ name, pid }) => [name, pid]));
  world.arm(point);
  const deadline = performance.now() + ARMED_MS;
  for (let turn = 0; world.isArmed(point); turn++) {
    if (performance.now() > deadline) throw new Problem(`nobody passed ${point} in ${ARMED_MS / 1000} s`);
    if (turn % 200 === 0)
      await TRIGGERS[point]?.(world)?.catch((error) => world.note(`${point}: ${error.message}`));
    await sleep(5);
  }
  return world.survived(performance.now(), victim(world, before));
}

/**
 * Who it was: their pid goes, and another comes.
 *
 * @param {World} world
 * @param {Map<string, number | null>} before
 * @returns {Promise<[string, number][]>}
 */
async function victim({ stack }, before) {
  const deadline = performance.now() + ARMED_MS;
  for (;;) {
    if (performance.now() > deadline) throw new Problem('a crash point was passed and nobody died');
    stack.read();
    for (const { name, pid } of stack.ours()) {
      const was = before.get(name);
      if (was && pid !== was) return [[name, was]];
    }
    await sleep(5);
  }
}

/**
 * A status that was parked in the very moment in which its message became known: put there as that race leaves it.
 *
 * @param {World} world
 */
async function parkStatus(world) {
  await world.query(
    `INSERT INTO parked_status (sender_id, wamid, status, tenant_id, payload)
     SELECT m.sender_id, m.wamid, 'read', m.tenant_id, jsonb_build_object('kind', 'status', 'phoneNumberId', s.phone_number_id,
            'wamid', m.wamid, 'status', 'read', 'occurredAt', now(), 'callbackData', null, 'pricing', null, 'error', null)
       FROM message m JOIN sender s ON s.id = m.sender_id
      WHERE m.direction = 'out' AND m.status IN ('sent', 'delivered') AND m.wamid IS NOT NULL ORDER BY m.id DESC LIMIT 1
     ON CONFLICT DO NOTHING`,
  );
}

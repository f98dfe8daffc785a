/** Postgres stops, hangs, or is cut off: webhooks are still taken, workers wait, and nothing is done twice. */
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('../world.mjs').World} World */

const RECOVERY_MS = 30_000;

/** @type {import('../world.mjs').Fault[]} */
export const DATABASE_FAULTS = [
  {
    name: 'database:immediate-stop',
    title: 'Postgres is stopped at once, as by pg_ctl -m immediate, and recovers from its log',
    times: 30,
    short: 1,
    recoveryMs: RECOVERY_MS,
    async run(world) {
      const { postgres, random } = world;
      await sleep(random.between(0, 300));
      const pid = postgres.kill('SIGQUIT');
      await postgres.untilReady(60_000, pid);
      return world.recovered(performance.now());
    },
  },
  {
    name: 'database:reset',
    title: 'all connections to Postgres are reset, some of them again at once',
    times: 30,
    short: 0,
    recoveryMs: RECOVERY_MS,
    async run(world) {
      const { postgres, random } = world;
      await sleep(random.between(0, 300));
      postgres.proxy.reset();
      await sleep(random.between(0, 500));
      postgres.proxy.reset(0.5);
      return world.recovered(performance.now());
    },
  },
  {
    name: 'database:terminated',
    title: 'every backend is ended by pg_terminate_backend',
    times: 20,
    short: 0,
    recoveryMs: RECOVERY_MS,
    async run(world) {
      await sleep(world.random.between(0, 300));
      await world.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
      return world.recovered(performance.now());
    },
  },
  {
    name: 'database:slow',
    title: 'each byte to and from Postgres takes 2 s, for 20 s',
    times: 2,
    short: 0,
    recoveryMs: RECOVERY_MS,
    block: 1,
    async run(world) {
      world.postgres.proxy.delay(2_000);
      await sleep(20_000);
      world.postgres.proxy.pass();
      return world.recovered(performance.now());
    },
    end: async ({ postgres }) => postgres.proxy.pass(),
  },
  {
    name: 'database:blackhole',
    title: 'the network to Postgres swallows everything for 20 s, and those connections for ever',
    times: 3,
    short: 0,
    recoveryMs: RECOVERY_MS,
    block: 1,
    async run(world) {
      const { proxy } = world.postgres;
      proxy.blackhole();
      await sleep(20_000);
      proxy.forget();
      return world.recovered(performance.now());
    },
    end: async ({ postgres }) => postgres.proxy.pass(),
  },
  {
    name: 'database:hang',
    title: 'Postgres hangs for 15 s (every backend is stopped)',
    times: 2,
    short: 0,
    recoveryMs: RECOVERY_MS,
    block: 1,
    async run(world) {
      const stopped = await backends(world);
      for (const pid of stopped) signal(pid, 'SIGSTOP');
      await sleep(15_000);
      for (const pid of stopped) signal(pid, 'SIGCONT');
      return world.recovered(performance.now());
    },
  },
  {
    name: 'database:lock',
    title: 'somebody holds the locks of every stream and conversation for 10 s',
    times: 3,
    short: 0,
    recoveryMs: RECOVERY_MS,
    block: 1,
    async run(world) {
      await world.query(
        'BEGIN',
        // In the order in which everybody takes them.
        'SELECT id FROM waba.conversation ORDER BY id FOR UPDATE',
        'SELECT tenant_id FROM waba.stream ORDER BY tenant_id FOR UPDATE',
        'SELECT pg_sleep(10)',
        'COMMIT',
      );
      return world.recovered(performance.now());
    },
  },
  {
    name: 'database:full',
    title: 'Postgres refuses every write for 10 s, as with a full disk',
    times: 3,
    short: 0,
    recoveryMs: RECOVERY_MS,
    block: 1,
    async run(world) {
      await world.query(...FULL_DISK);
      await sleep(10_000);
      await world.query('DROP FUNCTION public.full_disk() CASCADE');
      return world.recovered(performance.now());
    },
    end: (world) => world.query('DROP FUNCTION IF EXISTS public.full_disk() CASCADE').then(() => undefined),
  },
];

/** The error that Postgres gives where the disk has no room, at each table that both roads write to. */
const FULL_DISK = [
  `CREATE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$`,
  ...[
    'message',
    'message_key',
    'stream_event',
    'conversation',
    'webhook_delivery',
    'webhook_bundle',
    'webhook_attempt',
  ].map(
    (table) =>
      `CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON waba.${table}
         FOR EACH STATEMENT EXECUTE FUNCTION public.full_disk()`,
  ),
];

/** Those that serve our services, not ourselves. @param {World} world @returns {Promise<number[]>} */
async function backends(world) {
  const [rows] = await world.query(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'`,
  );
  return rows.map(({ pid }) => pid);
}

/** @param {number} pid @param {NodeJS.Signals} name */
function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * npm run test:faults [-- flags]: breaks what can break, under load on both roads, and looks whether every promise is
 * kept. A stack of its own for each group of faults. The exit code is 1 where a promise or a time was missed.
 */
import './lib/node-version.mjs';
import { removeLeftHomes } from './bench/stack.mjs';
import { INFRASTRUCTURE_FAULTS } from './faults/infrastructure/index.mjs';
import { HELP, parseFaultOptions } from './faults/options.mjs';
import { processFaults } from './faults/process/index.mjs';
import { PODS } from './faults/pods.mjs';
import { Random } from './faults/random.mjs';
import {
  circumstances,
  complaints,
  intoDocument,
  memoryTable,
  note,
  PROMISES,
  table,
} from './faults/report.mjs';
import { runFault } from './faults/run.mjs';
import { soak } from './faults/soak.mjs';
import { World } from './faults/world.mjs';
import { report } from './lib/life.mjs';
import { Interrupted } from './lib/say.mjs';

/** @type {import('./faults/world.mjs').Fault[]} */
let faults;
/** @type {import('./faults/options.mjs').FaultOptions} */
let options;
try {
  faults = [...processFaults(), ...INFRASTRUCTURE_FAULTS];
  options = parseFaultOptions(
    process.argv.slice(2),
    faults.map(({ name }) => name),
  );
} catch (error) {
  report(error);
  process.exit(1);
}
if (options.help || options.list) {
  const list = faults.map(
    ({ name, title, times }) => `${name.padEnd(30)} ${String(times).padStart(4)}  ${title}`,
  );
  process.stdout.write(`${options.help ? HELP : list.join('\n')}\n`);
  process.exit(0);
}

/** @type {World | undefined} */
let world;
let told = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    told = true;
    (world?.stop() ?? Promise.resolve()).finally(() => process.exit(130));
  });
}
// A bug of ours must not leave a stack behind.
process.on('uncaughtException', (error) => {
  report(error);
  (world?.stop() ?? Promise.resolve()).finally(() => process.exit(1));
});

const random = new Random(options.seed);
/** @type {import('./faults/report.mjs').Row[]} */
const rows = [];
/** @type {import('./faults/memory.mjs').Slope[] | undefined} */
let memory;
let broken = false;

note(`seed ${options.seed}`);
await removeLeftHomes();
try {
  if (options.soak) await runSoak(options.soak);
  for (const [flags, group] of options.soak ? [] : grouped(chosen())) {
    for (const fault of group) {
      world ??= await open(flags);
      const row = await runFault(world, options.short ? patient(fault) : fault, timesOf(fault));
      rows.push(row);
      process.stdout.write(`${JSON.stringify(row)}\n`);
      const wrong = complaints(row);
      note(
        `${fault.name}: ${wrong.length === 0 ? 'clean' : `BROKEN ${wrong.join(', ')}`} (${row.seconds} s)`,
      );
      if (wrong.length === 0) continue;
      broken = true;
      // What it left behind must not be counted against the next one.
      if (row.error || PROMISES.some((what) => row.broken[what] > 0)) await close();
    }
    await close();
  }
} catch (error) {
  broken = true;
  if (!told && !(error instanceof Interrupted)) report(error);
} finally {
  await close();
}
if (told) process.exit(130);
const text = table(rows);
process.stdout.write(`\n${text}\n`);
if (memory) process.stdout.write(`\n${memoryTable(memory)}\n`);
if (options.report) {
  const parts = [circumstances(options.seed), text, ...(memory ? [memoryTable(memory)] : [])];
  intoDocument(options.report, memory ? 'soak' : 'faults', parts.join('\n\n'));
}
process.exit(broken ? 1 : 0);

/** @param {number} minutes */
async function runSoak(minutes) {
  const { row, memory: slopes, struck } = await soak(await open(PODS), minutes, options.load);
  rows.push(row);
  memory = slopes;
  process.stdout.write(`${JSON.stringify({ ...row, struck, memory })}\n`);
  const wrong = complaints(row);
  note(`soak: ${wrong.length === 0 ? 'clean' : `BROKEN ${wrong.join(', ')}`}`);
  broken = wrong.length > 0;
}

/** Those that were asked for. */
function chosen() {
  const { only, short } = options;
  if (only) return only.flatMap((name) => faults.filter((fault) => fault.name === name));
  return faults.filter((fault) => (short ? fault.short : fault.times) > 0);
}

/**
 * Beside other tests on the same machine nothing can be said about speed.
 *
 * @param {import('./faults/world.mjs').Fault} fault
 */
function patient(fault) {
  return { ...fault, recoveryMs: Math.max(fault.recoveryMs, 120_000) };
}

/** @param {import('./faults/world.mjs').Fault} fault */
function timesOf(fault) {
  return options.times ?? ((options.short ? fault.short : fault.times) || 1);
}

/** @param {import('./faults/world.mjs').Fault[]} those @returns {[string[], import('./faults/world.mjs').Fault[]][]} */
function grouped(those) {
  /** @type {Map<string, import('./faults/world.mjs').Fault[]>} */
  const groups = new Map();
  for (const fault of those) {
    const key = JSON.stringify(fault.flags ?? PODS);
    groups.set(key, [...(groups.get(key) ?? []), fault]);
  }
  return [...groups].map(([key, group]) => [JSON.parse(key), group]);
}

/** @param {string[]} flags */
async function open(flags) {
  note(`starting a stack${flags.length > 0 ? `: ${flags.join(' ')}` : ''}`);
  const { build, keep, load, short } = options;
  const measureMemory = options.soak !== undefined;
  world = new World({ random, build, keep, load, short, flags, note, measureMemory });
  return world.start();
}

async function close() {
  await world?.stop();
  world = undefined;
}

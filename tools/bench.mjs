/**
 * npm run bench [-- flags]: how fast it is and whether it keeps its promises meanwhile, on a stack of its own. One
 * JSON line a scenario on stdout, what it is doing on stderr; the exit code is 1 where a figure was missed.
 */
import './lib/node-version.mjs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HELP, parseBenchOptions } from './bench/options.mjs';
import { access } from './bench/access.mjs';
import { bulk } from './bench/bulk.mjs';
import { busy } from './bench/busy.mjs';
import { ceiling } from './bench/ceiling.mjs';
import { fanout } from './bench/fanout.mjs';
import { idle } from './bench/idle.mjs';
import { kill } from './bench/kill.mjs';
import { open } from './bench/open.mjs';
import { outbound } from './bench/outbound.mjs';
import { SHAPES } from './bench/shape.mjs';
import { BenchStack, PROFILES, removeLeftHomes } from './bench/stack.mjs';
import { summaryOf } from './bench/profile/summary.mjs';
import { sockets } from './bench/sockets.mjs';
import { scale } from './bench/scale.mjs';
import { steady } from './bench/steady.mjs';
import { sustained } from './bench/sustained.mjs';
import { machine } from './bench/machine.mjs';
import { note, reportTo } from './bench/report.mjs';
import { report } from './lib/life.mjs';
import { Interrupted } from './lib/say.mjs';

/**
 * @typedef {object} Scenario
 * @property {(context: import('./bench/stack.mjs').Context) => Promise<object>} run
 * @property {'team' | 'agent'} shape
 * @property {boolean} [floor] whether it compares
 */

/** @type {Record<string, Scenario>} */
const SCENARIOS = {
  idle: { run: idle, shape: 'team' },
  ceiling: { run: ceiling, shape: 'agent', floor: true },
  open: { run: open, shape: 'agent', floor: true },
  steady: { run: steady, shape: 'agent' },
  busy: { run: busy, shape: 'agent', floor: true },
  bulk: { run: bulk, shape: 'agent' },
  sustained: { run: sustained, shape: 'team' },
  outbound: { run: outbound, shape: 'team' },
  sockets: { run: sockets, shape: 'team' },
  fanout: { run: fanout, shape: 'team' },
  scale: { run: scale, shape: 'team' },
  kill: { run: kill, shape: 'team' },
  access: { run: access, shape: 'team' },
};

/** Takes too long to be part of every run. */
const ON_REQUEST = ['scale'];

/** @returns {import('./bench/options.mjs').BenchOptions} */
function optionsOrExit() {
  try {
    return parseBenchOptions(process.argv.slice(2), Object.keys(SCENARIOS), ON_REQUEST);
  } catch (error) {
    report(error);
    process.exit(1);
  }
}

const options = optionsOrExit();
if (options.help) {
  process.stdout.write(`${HELP}\n`);
  process.exit(0);
}

/** @type {BenchStack[]} */
let stacks = [];
const stopAll = () => Promise.all(stacks.splice(0).map((one) => one.stop()));
let told = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    told = true;
    stopAll().finally(() => process.exit(130));
  });
}

// A bug of ours must not leave a stack behind.
process.on('uncaughtException', (error) => {
  report(error);
  stopAll().finally(() => process.exit(1));
});

let missed = false;
await removeLeftHomes();
try {
  for (const name of options.scenarios) {
    // Each scenario finds everything fresh: none inherits the data, the heap or the troubles of another.
    const { run, shape: usual, floor: compares } = SCENARIOS[name];
    const shape = SHAPES[options.shape ?? usual];
    const { sockets = shape.sockets } = options;
    const roster = shape.roster(sockets);
    const profiles = options.profile ? join(PROFILES, name) : undefined;
    // The floor takes webhooks in one process and works in another, and so does the product in production.
    const splitRoles = options.splitRoles || usual === 'agent';
    const stack = new BenchStack({ ...options, splitRoles }, { roster, profiles });
    const floor = compares ? new BenchStack(options, { name: 'floor', profiles }) : undefined;
    stacks = floor ? [stack, floor] : [stack];
    note(`${name}: starting a stack`);
    await stack.start();
    if (name === options.scenarios[0]) note(`machine: ${JSON.stringify(await machine(stack.info))}`);
    const result = await run({ stack, floor, options, roster, sockets });
    const line = { scenario: name, shape: shape.says, sockets, ...result };
    if (!reportTo(process.stdout, line)) missed = true;
    await stopAll();
    if (profiles && existsSync(profiles)) note(`${name}: profiles in ${profiles}\n${summaryOf(profiles)}\n`);
  }
} catch (error) {
  missed = true;
  if (!told && !(error instanceof Interrupted)) report(error);
} finally {
  await stopAll();
}
process.exit(told ? 130 : missed ? 1 : 0);

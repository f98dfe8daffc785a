/**
 * npm run bench [-- flags]: how fast it is and whether it keeps its promises meanwhile, on a stack of its own. One
 * JSON line a scenario on stdout, what it is doing on stderr; the exit code is 1 where a figure was missed.
 */
import './lib/node-version.mjs';
import { HELP, parseBenchOptions } from './bench/options.mjs';
import { idle } from './bench/idle.mjs';
import { kill } from './bench/kill.mjs';
import { outbound } from './bench/outbound.mjs';
import { BenchStack, removeLeftHomes } from './bench/stack.mjs';
import { scale } from './bench/scale.mjs';
import { steady } from './bench/steady.mjs';
import { sustained } from './bench/sustained.mjs';
import { machine } from './bench/machine.mjs';
import { note, reportTo } from './bench/report.mjs';
import { report } from './lib/life.mjs';
import { Interrupted } from './lib/say.mjs';

/** @type {Record<string, (context: import('./bench/stack.mjs').Context) => Promise<object>>} */
const SCENARIOS = { idle, steady, sustained, outbound, kill, scale };
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

/** @type {BenchStack | undefined} */
let stack;
let told = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    told = true;
    stack?.stop().finally(() => process.exit(130));
    if (!stack) process.exit(130);
  });
}

// A bug of ours must not leave a stack behind.
process.on('uncaughtException', (error) => {
  report(error);
  (stack?.stop() ?? Promise.resolve()).finally(() => process.exit(1));
});

let missed = false;
await removeLeftHomes();
try {
  for (const name of options.scenarios) {
    // Each scenario finds everything fresh: none inherits the data, the heap or the troubles of another.
    stack = new BenchStack(options);
    note(`${name}: starting a stack`);
    await stack.start();
    if (name === options.scenarios[0]) note(`machine: ${JSON.stringify(await machine(stack.info))}`);
    const result = await SCENARIOS[name]({ stack, options });
    if (!reportTo(process.stdout, { scenario: name, ...result })) missed = true;
    await stack.stop();
    stack = undefined;
  }
} catch (error) {
  missed = true;
  if (!told && !(error instanceof Interrupted)) report(error);
} finally {
  await stack?.stop();
}
process.exit(told ? 130 : missed ? 1 : 0);

/**
 * Required first by each service of a soak: says again and again how much memory is really in use, by a full collection
 * just before. What a process holds by and large is its heap's business: it grows and shrinks by half without a leak.
 */
const { appendFileSync, mkdirSync } = require('node:fs');
const { join } = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');

const { LIVE_MEMORY_DIR, PORT } = process.env;
const EVERY_MS = 15_000;

if (LIVE_MEMORY_DIR && PORT) {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc');
  mkdirSync(LIVE_MEMORY_DIR, { recursive: true });
  const file = join(LIVE_MEMORY_DIR, String(process.pid));
  const say = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    appendFileSync(file, `${Date.now() / 1000} ${(heapUsed + external) / 2 ** 20}\n`);
  };
  setInterval(say, EVERY_MS).unref();
}

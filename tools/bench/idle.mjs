/** What it takes when nothing happens, and how soon it is there: both decide how small a machine will do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, note, round } from './report.mjs';
import { cpuPercent, rssMiB, sampleCpu } from './usage.mjs';

const IDLE_SECONDS = 15;
/** What the smallest of our pods asks of Kubernetes (`k8s/base`). */
const MEMORY_MIB = 192;
const READY_MS = 5_000;

/** @param {import('./stack.mjs').Context} context */
export async function idle({ stack }) {
  note(`idle: nothing for ${IDLE_SECONDS} s`);
  const before = sampleCpu(stack.info.services);
  await sleep(IDLE_SECONDS * 1000);
  const after = sampleCpu(stack.info.services);
  const memory = rssMiB(stack.info.services);
  const names = stack.ours().map(({ name }) => name);
  /** @type {Record<string, number>} */
  const readyMs = {};
  for (const name of names) {
    const pid = stack.signal(name, 'SIGTERM');
    const { seenAt, readyAt } = await stack.untilBack(name, pid);
    readyMs[name] = round(readyAt - seenAt);
    note(`idle: ${name} was ready ${readyMs[name]} ms after its start`);
  }
  return {
    messages: 0,
    seconds: IDLE_SECONDS,
    readyMs,
    cpuPercent: cpuPercent(before, after),
    rssMiB: memory,
    figures: {
      ...Object.fromEntries(names.map((name) => [`rssMiB ${name}`, atMost(memory[name], MEMORY_MIB)])),
      ...Object.fromEntries(names.map((name) => [`readyMs ${name}`, atMost(readyMs[name], READY_MS)])),
    },
  };
}

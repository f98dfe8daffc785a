/** Where the time of each service went, by its profiles: `node tools/bench/profile/summary.mjs FOLDER`, too. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from '../../lib/files.mjs';

const TOP = 25;
const IDLE = '(idle)';

/**
 * @typedef {object} Profile as V8 writes it
 * @property {{ id: number, callFrame: { functionName: string, url: string, lineNumber: number } }[]} nodes
 * @property {number[]} samples ids of nodes
 * @property {number[]} timeDeltas microseconds since the sample before
 */

/**
 * @param {Profile[]} profiles
 * @returns {{ busyMs: number, idleMs: number, functions: { name: string, where: string, ms: number }[] }} by their own
 *   time, without what they call
 */
export function selfTimes(profiles) {
  /** @type {Map<string, { name: string, where: string, ms: number }>} */
  const functions = new Map();
  let idleMs = 0;
  for (const { nodes, samples, timeDeltas } of profiles) {
    const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
    samples.forEach((id, i) => {
      const { functionName, url, lineNumber } = frames.get(id) ?? nodes[0].callFrame;
      const ms = (timeDeltas[i + 1] ?? 0) / 1000;
      if (functionName === IDLE) {
        idleMs += ms;
        return;
      }
      const where = url ? `${placeOf(url)}:${lineNumber + 1}` : '';
      const key = `${functionName} ${where}`;
      const known = functions.get(key);
      if (known) known.ms += ms;
      else functions.set(key, { name: functionName || '(anonymous)', where, ms });
    });
  }
  const sorted = [...functions.values()].sort((a, b) => b.ms - a.ms);
  return { busyMs: sorted.reduce((sum, { ms }) => sum + ms, 0), idleMs, functions: sorted };
}

/** @param {string} url */
function placeOf(url) {
  if (!url.startsWith('file:') && !url.startsWith('/')) return url;
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  return relative(ROOT, file).replace(/^.*node_modules\//, '');
}

/** @param {string} folder @returns {string} a table for each service, all its pods and windows together */
export function summaryOf(folder) {
  /** @type {Map<string, Profile[]>} */
  const services = new Map();
  for (const file of readdirSync(folder).sort()) {
    const [, service] = /^(.+)-\d+-\d+\.cpuprofile$/.exec(file) ?? [];
    if (!service) continue;
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    services.set(service, [...(services.get(service) ?? []), profile]);
  }
  return [...services].map(([service, profiles]) => tableOf(service, selfTimes(profiles))).join('\n\n');
}

/** @param {string} service @param {ReturnType<typeof selfTimes>} times */
function tableOf(service, { busyMs, idleMs, functions }) {
  const share = (/** @type {number} */ ms) => `${((ms / busyMs) * 100).toFixed(1).padStart(5)} %`;
  const busy = ((busyMs / (busyMs + idleMs)) * 100).toFixed(0);
  const rows = functions
    .slice(0, TOP)
    .map(({ name, where, ms }) => `${share(ms)} ${ms.toFixed(0).padStart(7)} ms  ${name}  ${where}`);
  return [`${service}: busy ${busy} % of the time; of that, by self time:`, ...rows].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(`${summaryOf(process.argv[2] ?? '.')}\n`);

/** What processes take, by /proc: a service alone, Postgres and RabbitMQ with all their children. */
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts time in hundredths of a second, on every Linux that runs Node. */
const TICKS_PER_SECOND = 100;

/**
 * @typedef {{ at: number, busy: number, ticks: Map<string, { pid: number, ticks: number }> }} Sample
 * @typedef {{ name: string, pid: number | null }} Named
 */

/**
 * @param {Named[]} services as stack.json lists them
 * @returns {Sample}
 */
export function sampleCpu(services) {
  const children = childrenOf();
  const ticks = new Map([['load driver', { pid: process.pid, ticks: cpuTicks([process.pid]) }]]);
  for (const { name, pid } of services)
    if (pid) ticks.set(name, { pid, ticks: cpuTicks(tree(pid, children)) });
  return { at: performance.now(), busy: busyTicks(), ticks };
}

/**
 * @param {Sample} from
 * @param {Sample} to
 * @returns {Record<string, number>} percent of one core, by process; without those that were restarted meanwhile
 */
export function cpuPercent(from, to) {
  const seconds = (to.at - from.at) / 1000;
  const percent = (/** @type {number} */ ticks) =>
    Math.round((ticks / TICKS_PER_SECOND / seconds) * 1000) / 10;
  let all = 0;
  let complete = true;
  const used = [...to.ticks].flatMap(([name, { pid, ticks }]) => {
    const begun = from.ticks.get(name);
    if (begun?.pid !== pid) {
      complete = false;
      return [];
    }
    all += ticks - begun.ticks;
    return [[name, percent(ticks - begun.ticks)]];
  });
  // What other programs took away meanwhile: where it is much, the figures are theirs as much as ours.
  const others = percent(Math.max(0, to.busy - from.busy - all));
  return Object.fromEntries([...used, ...(complete ? [['everything else', others]] : [])]);
}

/** Of all cores: what was not idle, nor waiting for a disk. */
function busyTicks() {
  const [user, nice, system, , , irq, softirq, steal] = read('/proc/stat')
    .split('\n')[0]
    .split(/\s+/)
    .slice(1);
  return sum([user, nice, system, irq, softirq, steal].map(Number), (n) => n);
}

/**
 * @param {Named[]} services
 * @returns {Record<string, number>} MiB by process
 */
export function rssMiB(services) {
  const children = childrenOf();
  const sizes = services.flatMap(({ name, pid }) => {
    if (!pid) return [];
    const pids = tree(pid, children);
    // Postgres shares most of its memory between its processes: counted once each, it would be counted many times.
    const kib = name === 'postgres' ? sum(pids, pss) : sum(pids, rss);
    return [[name, Math.round(kib / 102.4) / 10]];
  });
  return Object.fromEntries([...sizes, ['load driver', Math.round(rss(process.pid) / 102.4) / 10]]);
}

/** @returns {Map<number, number[]>} */
function childrenOf() {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? Number(fieldsOf(pid)?.[1]) : NaN;
    if (!parent) continue;
    const list = children.get(parent);
    if (list) list.push(pid);
    else children.set(parent, [pid]);
  }
  return children;
}

/** @param {number} pid @param {Map<number, number[]>} children @returns {number[]} */
function tree(pid, children) {
  return [pid, ...(children.get(pid) ?? []).flatMap((child) => tree(child, children))];
}

/** Their own time, and that of children who have ended. @param {number[]} pids */
function cpuTicks(pids) {
  return sum(pids, (pid) => {
    const fields = fieldsOf(pid);
    return fields ? sum([11, 12, 13, 14], (at) => Number(fields[at])) : 0;
  });
}

/** @param {number} pid what follows the program's name, which may hold anything */
function fieldsOf(pid) {
  const stat = read(`/proc/${pid}/stat`);
  return stat ? stat.slice(stat.lastIndexOf(')') + 2).split(' ') : undefined;
}

/** @param {number} pid */
const rss = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);

/** @param {number} pid */
const pss = (pid) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);

/** @param {number[]} numbers @param {(n: number) => number} of */
const sum = (numbers, of) => numbers.reduce((total, n) => total + of(n), 0);

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

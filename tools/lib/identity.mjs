/**
 * Which process is which. A pid alone says little: it is given to somebody else later. With the moment the
 * process began it is unique, so nothing of anybody else's is ever killed by mistake.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const hasProc = existsSync('/proc/self/stat');
const boot = hasProc ? readOr('/proc/sys/kernel/random/boot_id', 'boot').trim() : '';

/**
 * @param {number} pid
 * @returns {string | undefined} when it began, or undefined when it does not live (a zombie does not)
 */
export function startOf(pid) {
  if (!hasProc) return startByPs(pid);
  const stat = readOr(`/proc/${pid}/stat`, '');
  if (!stat) return undefined;
  // The program's name, in brackets, may hold anything: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return 'ZX'.includes(fields[0]) ? undefined : `${boot}:${fields[19]}`;
}

/** @param {{ pid: number, start?: string }} process */
export function isAlive({ pid, start }) {
  const now = startOf(pid);
  return now !== undefined && now === start;
}

/**
 * @param {number} pid
 * @returns {string} its command line, empty when unknown
 */
export function commandOf(pid) {
  if (hasProc) return readOr(`/proc/${pid}/cmdline`, '').replaceAll('\0', ' ');
  return ps(pid, 'command=') ?? '';
}

/** @param {number} pid */
function startByPs(pid) {
  return ps(pid, 'lstart=');
}

/** @param {number} pid @param {string} column */
function ps(pid, column) {
  try {
    return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} file @param {string} otherwise */
function readOr(file, otherwise) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

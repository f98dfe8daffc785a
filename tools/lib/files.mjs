/** Small files: read without fuss, written so that a reader never sees half of one. */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync } from 'node:fs';
import { renameSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { diskFull, Problem } from './say.mjs';

/** The repository's folder. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** What belongs to this checkout rather than to one running stack: locks, stamps, logs of builds. */
export const CHECKOUT = join(ROOT, '.local');

/**
 * @param {string} file
 * @returns {any} undefined when it is not there, or is not JSON
 */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Replaces a file in one step.
 *
 * @param {string} file
 * @param {unknown} value
 * @param {number} [mode]
 */
export function writeJson(file, value, mode = 0o644) {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode });
  renameSync(draft, file);
}

/**
 * Opens a log to append to. One that has grown large is set aside once, so that logs stay bounded.
 *
 * @param {string} file
 * @returns {number} a file descriptor, to be closed by the caller
 */
export function openLog(file) {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file) && statSync(file).size > 20_000_000) renameSync(file, `${file}.1`);
  return openSync(file, 'a');
}

/**
 * The last lines of a log.
 *
 * @param {string} file
 * @param {number} [count]
 * @param {number} [from] bytes to leave out: what was there before
 * @returns {string[]}
 */
export function tail(file, count = 30, from = 0) {
  let handle;
  try {
    handle = openSync(file, 'r');
    const { size } = statSync(file);
    const start = Math.max(size < from ? 0 : from, size - 64_000);
    const bytes = Buffer.alloc(Math.max(0, size - start));
    readSync(handle, bytes, 0, bytes.length, start);
    return bytes.toString('utf8').trimEnd().split('\n').slice(-count);
  } catch {
    return [];
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** @param {string} file */
export function sizeOf(file) {
  return existsSync(file) ? statSync(file).size : 0;
}

/**
 * Fails early, with a clear line, where Postgres and RabbitMQ would fail late with an unclear one.
 *
 * @param {string} folder
 */
export function requireSpace(folder) {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / 1_000_000);
  if (free < 400) throw new Problem(`${diskFull(folder)}: ${free} MB are free, 400 MB are needed`);
}

/** Locks between commands that run side by side. A lock whose holder is dead is nobody's. */
import { linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, startOf } from './identity.mjs';

/** @typedef {{ pid: number, start: string }} Holder */

/**
 * Takes a lock if it is free.
 *
 * @param {string} file
 * @returns {{ release: () => void } | { holder: Holder }}
 */
export function tryLock(file) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, start: startOf(process.pid) });
  const draft = `${file}.${process.pid}`;
  for (;;) {
    // Written first and linked then: a lock is never seen without its holder.
    writeFileSync(draft, mine);
    try {
      linkSync(draft, file);
      return held(file, mine);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    } finally {
      unlinkSync(draft);
    }
    const seen = read(file);
    if (seen === undefined) continue;
    const holder = parse(seen);
    if (holder && isAlive(holder)) return { holder };
    takeAway(file, seen);
  }
}

/**
 * Waits for a lock.
 *
 * @param {string} file
 * @param {(holder: Holder) => void} [onWait] told once when somebody else has it
 */
export async function lock(file, onWait) {
  for (let told = false; ; told = true) {
    const result = tryLock(file);
    if ('release' in result) return result;
    if (!told) onWait?.(result.holder);
    await sleep(200);
  }
}

/**
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(holder: Holder) => void} [onWait]
 */
export async function withLock(file, work, onWait) {
  const { release } = await lock(file, onWait);
  try {
    return await work();
  } finally {
    release();
  }
}

/** @param {string} file @param {string} mine */
function held(file, mine) {
  const release = () => {
    process.removeListener('exit', release);
    if (read(file) === mine) unlinkSync(file);
  };
  process.on('exit', release);
  return { release };
}

/**
 * Removes a dead holder's lock. Somebody may have done so and taken it since we looked, so what was moved
 * away is looked at again and put back if it is not what we saw.
 *
 * @param {string} file @param {string} seen
 */
function takeAway(file, seen) {
  const aside = `${file}.dead.${process.pid}`;
  try {
    renameSync(file, aside);
    if (read(aside) !== seen) linkSync(aside, file);
    unlinkSync(aside);
  } catch {
    // Gone already: the next round sees how things stand.
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {string} text @returns {Holder | undefined} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

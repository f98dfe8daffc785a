/**
 * How long the disk itself takes while something is measured: a thread of its own writes 4 KiB over and syncs them,
 * again and again. What it waits for nobody who promises that nothing is lost can help waiting for.
 */
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { round, spread } from './report.mjs';

/** Where it takes longer, it stood still: usually it takes less than 1 ms. */
const STILL_MS = 25;

/** @typedef {[from: number, to: number]} Sync by performance.now() of the main thread */

/**
 * @param {string} folder on the disk in question
 * @returns {Promise<() => Promise<Sync[]>>} ends it
 */
export async function watchDisk(folder) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'disk-watch');
  const worker = new Worker(new URL('disk-thread.mjs', import.meta.url), { workerData: { file } });
  const failed = once(worker, 'error').then(([error]) => Promise.reject(error));
  // Whoever waits for the thread hears of it, however long ago it was.
  failed.catch(() => undefined);
  await Promise.race([failed, once(worker, 'message')]);
  return async () => {
    const ended = once(worker, 'message');
    worker.postMessage('end');
    const [syncs] = /** @type {[Sync[]]} */ (await Promise.race([failed, ended]));
    await worker.terminate();
    rmSync(file, { force: true });
    // A thread's clock begins when the thread does.
    return syncs.map(([from, to]) => [from - performance.timeOrigin, to - performance.timeOrigin]);
  };
}

/** @param {Sync[]} syncs @returns {Sync[]} when it stood still */
export const stillIn = (syncs) => syncs.filter(([from, to]) => to - from > STILL_MS);

/** @param {Sync[]} syncs of a window */
export function diskFigures(syncs) {
  const still = stillIn(syncs).map(([from, to]) => to - from);
  return {
    syncMs: spread(syncs.map(([from, to]) => to - from)),
    stoodStill: still.length,
    stoodStillMs: round(still.reduce((sum, one) => sum + one, 0)),
  };
}

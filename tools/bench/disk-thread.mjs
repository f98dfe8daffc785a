/** The thread of disk.mjs. Its times are by the clock that all threads share. */
import { closeSync, constants, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/** Often enough that no long wait goes unseen; a sync in which others take part costs the disk next to nothing. */
const PAUSE_MS = 20;
const block = Buffer.alloc(4096, 1);

/** @type {[number, number][]} */
const syncs = [];
const file = openSync(workerData.file, constants.O_CREAT | constants.O_RDWR);
let running = true;
parentPort?.once('message', () => (running = false));

sync();
parentPort?.postMessage('begun');
syncs.length = 0;
while (running) {
  sync();
  await sleep(PAUSE_MS);
}
closeSync(file);
parentPort?.postMessage(syncs);

function sync() {
  const from = performance.timeOrigin + performance.now();
  // Always the same place: its file never grows, so that nothing but the block has to be written.
  writeSync(file, block, 0, block.length, 0);
  fdatasyncSync(file);
  syncs.push([from, performance.timeOrigin + performance.now()]);
}

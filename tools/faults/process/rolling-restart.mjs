/** A new version is rolled out: every service is told to stop, one after the other, and another one comes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startOf } from '../../lib/identity.mjs';

/** @type {import('../world.mjs').Fault} */
export const rollingRestart = {
  name: 'rolling-restart',
  title: 'every service is told to stop, in turn',
  times: 20,
  short: 1,
  recoveryMs: 5_000,
  block: 1,
  async run(world) {
    const recoveries = [];
    // In a hurry, one of each kind.
    const names = world.names().filter((name) => !world.short || !name.endsWith('-2'));
    for (const name of names) {
      const pid = world.stack.signal(name, 'SIGTERM');
      while (startOf(pid) !== undefined) await sleep(5);
      recoveries.push(await world.survived(performance.now(), [[name, pid]]));
    }
    return recoveries;
  },
};

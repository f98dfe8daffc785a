/** The faults of our own processes. */
import { crashFaults } from './crash.mjs';
import { crowdKill } from './crowd-kill.mjs';
import { longHang, shortHang, takenOver } from './hang.mjs';
import { randomKill, randomKillSeveral } from './random-kill.mjs';
import { rollingRestart } from './rolling-restart.mjs';
import { scaleWs } from './scale-ws.mjs';

/** @returns {import('../world.mjs').Fault[]} */
export function processFaults() {
  return [
    ...crashFaults(),
    crowdKill,
    randomKill,
    randomKillSeveral,
    shortHang,
    longHang,
    takenOver,
    rollingRestart,
    scaleWs,
  ];
}

/** The faults of our own processes. */
import { crashFaults } from './crash.mjs';

/** @returns {Promise<import('../world.mjs').Fault[]>} */
export async function processFaults() {
  return [...(await crashFaults())];
}

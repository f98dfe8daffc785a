/**
 * Runs it when what has come over the network by now is read. A process that stood still (stopped, moved, held to its CPU
 * limit) goes on with the timers that are due, and would take for lost what lies in front of it.
 */
export const afterInput = (judge: () => void) => void setImmediate(judge);

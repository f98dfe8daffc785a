/** As where the process is stopped, or held to its CPU limit: nothing runs, and what comes waits in the sockets. */
export const standStill = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

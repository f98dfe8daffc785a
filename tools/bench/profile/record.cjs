/**
 * Loaded into every process of a stack (`node --require`): a service writes a CPU profile of what it does between two
 * SIGUSR2. Everything else that the stack runs is left alone.
 */
const fs = require('node:fs');
const { Session } = require('node:inspector');
const { join } = require('node:path');

const SERVICE = /(?:apps\/([\w-]+)\/dist\/main\.js|bench\/floor\/(ingress|worker|pod)\.mjs)$/;
const INTERVAL_US = 500;

const { PROFILE_FOLDER, PORT } = process.env;
const found = SERVICE.exec(process.argv[1] ?? '');
if (PROFILE_FOLDER && found) {
  const [, app, floor] = found;
  const name = app ?? `floor-${floor}`;
  let session;
  let count = 0;
  process.on('SIGUSR2', () => {
    if (session) {
      const ended = session;
      session = undefined;
      ended.post('Profiler.stop', (error, result) => {
        const file = join(PROFILE_FOLDER, `${name}-${PORT}-${++count}.cpuprofile`);
        if (!error) fs.writeFileSync(file, JSON.stringify(result.profile));
        ended.disconnect();
      });
      return;
    }
    session = new Session();
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    session.post('Profiler.start');
  });
}

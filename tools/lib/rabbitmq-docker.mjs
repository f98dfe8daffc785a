/** RabbitMQ in a container, where there is a Docker engine but no rabbitmq-server. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { speaksAmqp } from './ports.mjs';
import { supervise } from './supervise.mjs';

const IMAGE = 'rabbitmq:4';

/** Is there an engine, and not just the program that talks to one? */
export function dockerAnswers() {
  const { status } = spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 });
  return status === 0;
}

/** @param {import('./rabbitmq.mjs').RabbitOptions} options */
export function startInDocker({ processes, ports, disposable = false, onChange, note }) {
  const name = `scrm-rabbitmq-${createHash('sha256').update(processes.home).digest('hex').slice(0, 12)}`;
  // Data is kept under the host's name: both have to stay the same from start to start.
  const kept = disposable ? [] : ['--hostname', 'scrm', '--volume', `${name}:/var/lib/rabbitmq`];
  note?.(`docker run ${IMAGE}`);
  return supervise({
    name: 'rabbitmq',
    port: ports.amqp,
    processes,
    onChange,
    timeoutMs: 300_000, // the first time it is downloaded
    start: () => {
      spawnSync('docker', ['rm', '--force', name], { stdio: 'ignore', timeout: 30_000 });
      return processes.spawn({
        name: 'rabbitmq',
        command: 'docker',
        // In the foreground: this process lives as long as the container, and hands signals on to it.
        args: ['run', '--rm', '--name', name, '--publish', `127.0.0.1:${ports.amqp}:5672`, ...kept, IMAGE],
        tier: 'broker',
        log: processes.logOf('rabbitmq'),
      });
    },
    isReady: () => speaksAmqp(ports.amqp),
  });
}

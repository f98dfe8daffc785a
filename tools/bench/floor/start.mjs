/**
 * The floor: what the promises cost in plain Node, written by hand, without what makes a product (tenants, permissions,
 * sessions, resuming, statuses, logs, metrics). Started as `npm start` starts the product: the same Postgres and
 * RabbitMQ with the same settings, and a stack.json that says where everything is.
 */
import { join } from 'node:path';
import { startInfrastructure } from '../../lib/infrastructure.mjs';
import { live } from '../../lib/life.mjs';
import { parseOptions } from '../../lib/options.mjs';
import { portPlan } from '../../lib/ports.mjs';
import { ROOT, writeJson } from '../../lib/files.mjs';
import { secretsOf } from '../../lib/secrets.mjs';
import { supervise } from '../../lib/supervise.mjs';

const options = parseOptions(process.argv.slice(2), process.env);

await live(options.home, async ({ home, processes, untilTold }) => {
  const ports = portPlan(options.portBase);
  const { appSecret } = secretsOf(home);
  const { databaseUrl, rabbitmqUrl, postgres, rabbitmq } = await startInfrastructure({ processes, ports });
  const listed = [
    { name: 'worker', program: 'worker', port: ports.user },
    { name: 'ingress', program: 'ingress', port: ports.waba(1) },
    ...Array.from({ length: options.wsPods }, (_, i) => ({
      name: `ws-${i + 1}`,
      program: 'pod',
      port: ports.ws(i + 1),
    })),
  ];
  const services = await Promise.all(
    listed.map(({ name, program, port }) =>
      supervise({
        name,
        port,
        processes,
        attempts: 3,
        isReady: () => answers(port),
        start: () =>
          processes.spawn({
            name,
            command: process.execPath,
            args: [join('tools/bench/floor', `${program}.mjs`)],
            cwd: ROOT,
            tier: 'service',
            log: processes.logOf(name),
            env: {
              ...process.env,
              PORT: String(port),
              APP_SECRET: appSecret,
              DATABASE_URL: databaseUrl,
              RABBITMQ_URL: rabbitmqUrl,
            },
          }),
      }),
    ),
  );
  const running = [...services, postgres?.process, rabbitmq?.process];
  const stack = {
    waba: `http://127.0.0.1:${ports.waba(1)}`,
    ws: Array.from({ length: options.wsPods }, (_, i) => `ws://127.0.0.1:${ports.ws(i + 1)}/ws`),
    databaseUrl,
    rabbitmqUrl,
    meta: { appSecret },
    services: running.flatMap((it) => (it ? [{ name: it.name, pid: it.pid ?? null, port: it.port }] : [])),
  };
  writeJson(join(home, 'stack.json'), stack, 0o600);
  await untilTold();
  return 0;
});

/** @param {number} port */
async function answers(port) {
  try {
    return (await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

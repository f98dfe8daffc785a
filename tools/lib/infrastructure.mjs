/**
 * Postgres and RabbitMQ: those that were given, private ones otherwise. Used by `npm start`, by `npm test`,
 * and by whatever else wants both (a benchmark, a test of faults).
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startOf } from './identity.mjs';
import { live } from './life.mjs';
import { freePorts } from './ports.mjs';
import { removeHome } from './postgres-place.mjs';
import { stopLeftovers } from './processes.mjs';
import { requirePostgres, startPostgres } from './postgres.mjs';
import { requireRabbit, startRabbit } from './rabbitmq.mjs';
import { step } from './say.mjs';
import { secretsOf } from './secrets.mjs';

/**
 * @typedef {object} Infrastructure
 * @property {string} databaseUrl
 * @property {string} rabbitmqUrl
 * @property {import('./postgres.mjs').PrivatePostgres} [postgres] when it is private
 * @property {import('./rabbitmq.mjs').PrivateRabbit} [rabbitmq] when it is private
 *
 * @typedef {Pick<ReturnType<typeof import('./ports.mjs').portPlan>, 'postgres' | 'rabbitmq'>} Ports
 */

/**
 * They are stopped by `processes.close()`.
 *
 * @param {object} options
 * @param {import('./processes.mjs').Processes} options.processes
 * @param {Ports} options.ports
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {boolean} [options.disposable] faster, and not kept; see disposableInfrastructure()
 * @param {(it: import('./supervise.mjs').Supervised) => unknown} [options.onChange] one went down or came back
 * @returns {Promise<Infrastructure>}
 */
export async function startInfrastructure({ processes, ports, env = process.env, disposable, onChange }) {
  const secrets = secretsOf(processes.home);
  // Those that were given first: a wrong address is told before anything is started.
  if (env.DATABASE_URL) await requirePostgres(env.DATABASE_URL);
  if (env.RABBITMQ_URL) await requireRabbit(env.RABBITMQ_URL);
  // Both at once: each is mostly waiting.
  const [database, broker] = await allOrNothing([
    step('postgres', async (note) => {
      if (env.DATABASE_URL) {
        note('DATABASE_URL');
        return { databaseUrl: env.DATABASE_URL };
      }
      const postgres = await startPostgres({
        processes,
        secrets,
        port: ports.postgres,
        disposable,
        onChange,
      });
      note(`private, port ${postgres.port}, ${postgres.place.folder}`);
      return { databaseUrl: postgres.url, postgres };
    }),
    step('rabbitmq', async (note) => {
      if (env.RABBITMQ_URL) {
        note('RABBITMQ_URL');
        return { rabbitmqUrl: env.RABBITMQ_URL };
      }
      const rabbitmq = await startRabbit({ processes, ports: ports.rabbitmq, disposable, onChange, note });
      await requireRabbit(rabbitmq.url, 'look at its log');
      note(`private, port ${rabbitmq.port}, ${rabbitmq.way}`);
      return { rabbitmqUrl: rabbitmq.url, rabbitmq };
    }),
  ]);
  return { ...database, ...broker };
}

/**
 * For one run: on ports that nobody has, and without care for the data. See liveOnce().
 *
 * @param {import('./life.mjs').Life} life
 * @param {Parameters<typeof startInfrastructure>[0]['onChange']} [onChange]
 */
export async function disposableInfrastructure({ processes }, onChange) {
  const [postgres, amqp, distribution, epmd] = await freePorts(4);
  const ports = { postgres, rabbitmq: { amqp, distribution, epmd } };
  return startInfrastructure({ processes, ports, disposable: true, onChange });
}

/**
 * Runs a command in a home of its own that is removed at the end. Any number may run side by side; what
 * killed ones left is stopped and removed first.
 *
 * @param {string} folder of all such homes
 * @param {(life: import('./life.mjs').Life) => Promise<number>} work resolves with the exit code
 */
export async function liveOnce(folder, work) {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    // The name begins with the pid: one that is just being set up may not have its lock yet.
    if (startOf(Number.parseInt(name))) continue;
    const left = join(folder, name);
    await stopLeftovers(left);
    removeHome(left);
  }
  const home = join(folder, `${process.pid}-${Date.now().toString(36)}`);
  await live(home, (life) => {
    life.atEnd(() => removeHome(home));
    return work(life);
  });
}

/**
 * The first error, but not before both have come to an end: nothing is still being started afterwards.
 *
 * @template A, B
 * @param {[Promise<A>, Promise<B>]} works
 * @returns {Promise<[A, B]>}
 */
async function allOrNothing(works) {
  await Promise.allSettled(works);
  return Promise.all(works);
}

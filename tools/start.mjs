/** npm start: brings up everything on a bare machine, keeps it up, and stops it all again. */
import './lib/node-version.mjs';
import { buildAll } from './lib/build.mjs';
import { startInfrastructure } from './lib/infrastructure.mjs';
import { live, report } from './lib/life.mjs';
import { HELP, parseOptions } from './lib/options.mjs';
import { catchesMail, mailEnv, startMailCatcher } from './lib/mail.mjs';
import { installPackages } from './lib/packages.mjs';
import { portPlan, requirePorts } from './lib/ports.mjs';
import { say, step } from './lib/say.mjs';
import { secretsOf } from './lib/secrets.mjs';
import { configureSimulator, readDemo, runForDatabases, sendFirstMessage } from './lib/seed.mjs';
import { databaseEnv, listed, servicesFor, startServices } from './lib/services.mjs';
import { forgetStack, stackFile, urlsOf } from './lib/stack-file.mjs';

/** @returns {import('./lib/options.mjs').Options} */
function optionsOrExit() {
  try {
    return parseOptions(process.argv.slice(2), process.env);
  } catch (error) {
    report(error);
    process.exit(1);
  }
}

const options = optionsOrExit();
if (options.help) {
  say(HELP);
  process.exit(0);
}

await live(options.home, async ({ home, processes, untilTold, atEnd }) => {
  const ports = portPlan(options.portBase);
  const urls = urlsOf(options);
  const secrets = secretsOf(home);
  forgetStack(home);
  await requirePorts([...listed(options), ...privatePorts(ports)]);

  await step('packages', (note) => installPackages(processes, note));
  if (options.build) await step('build', (note) => buildAll(processes, note));
  const demo = options.seed ? readDemo() : undefined;

  /** @type {import('./lib/supervise.mjs').Supervised[]} */
  let running = [];
  const onChange = () => running.length > 0 && stack.write(running);
  const infrastructure = await startInfrastructure({ processes, ports, onChange });
  const stack = stackFile(home, urls, infrastructure, secrets, demo);
  atEnd(() => forgetStack(home));

  const env = databaseEnv(infrastructure, secrets);
  await step('migrations', () => runForDatabases(processes, 'migrate', env));
  if (demo) await step('seed', () => runForDatabases(processes, 'seed-demo', env));
  await startMailCatcher(processes, ports);
  const services = await step('services', () =>
    startServices({
      processes,
      services: servicesFor(options, infrastructure, secrets, mailEnv(options.portBase)),
      rabbitmqUrl: infrastructure.rabbitmqUrl,
      userUrl: urls.user,
      onChange,
      onReady: { 'meta-simulator': () => configureSimulator(urls, secrets, demo) },
    }),
  );
  if (demo) await sendFirstMessage(home, urls.simulator, demo);

  const { postgres, rabbitmq } = infrastructure;
  running = [...services, ...[postgres, rabbitmq].flatMap((one) => (one ? [one.process] : []))];
  stack.write(running);
  stack.summary();
  await untilTold();
  forgetStack(home);
  return 0;
});

/** @param {ReturnType<typeof portPlan>} ports */
function privatePorts({ postgres, rabbitmq, mail, smtp }) {
  return [
    ...(catchesMail() ? Object.entries({ mail, smtp }).map(([name, port]) => ({ name, port })) : []),
    ...(process.env.DATABASE_URL ? [] : [{ name: 'postgres', port: postgres }]),
    ...(process.env.RABBITMQ_URL
      ? []
      : Object.entries(rabbitmq).map(([name, port]) => ({ name: `rabbitmq ${name}`, port }))),
  ];
}

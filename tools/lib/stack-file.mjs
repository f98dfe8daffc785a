/** stack.json: where everything is, for programs. It is there while the stack is ready, and follows restarts. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from './files.mjs';
import { catchesMail } from './mail.mjs';
import { portPlan } from './ports.mjs';
import { say, seconds } from './say.mjs';
import { http } from './services.mjs';

/**
 * @param {import('./options.mjs').Options} options
 */
export function urlsOf({ portBase, wsPods }) {
  const ports = portPlan(portBase);
  const back = http(ports.back());
  return {
    back,
    ws: Array.from({ length: wsPods }, (_, index) => `ws://127.0.0.1:${ports.ws(index + 1)}/ws`),
    user: http(ports.user),
    waba: http(ports.waba(1)),
    simulator: http(ports.simulator),
    mail: http(ports.mail),
    openapi: `${back}/api/openapi.json`,
    asyncapi: `${http(ports.ws(1))}/asyncapi.json`,
  };
}

/**
 * It says that the stack is ready: so it goes before anything is stopped, and one of a killed run goes too.
 *
 * @param {string} home
 */
export function forgetStack(home) {
  rmSync(join(home, 'stack.json'), { force: true });
}

/**
 * @param {string} home
 * @param {ReturnType<typeof urlsOf>} urls
 * @param {import('./infrastructure.mjs').Infrastructure} infrastructure
 * @param {import('./secrets.mjs').Secrets} secrets
 * @param {import('./seed.mjs').Demo} [demo]
 */
export function stackFile(home, urls, { databaseUrl, rabbitmqUrl }, { appSecret, verifyToken }, demo) {
  const file = join(home, 'stack.json');
  const logins = (demo?.agents ?? []).map(({ email, password, role }) => ({
    email,
    password,
    role,
    tenant: demo?.tenant.name,
  }));
  const stack = {
    ...urls,
    databaseUrl,
    rabbitmqUrl,
    meta: {
      appSecret,
      verifyToken,
      wabaId: demo?.wabaId ?? '',
      phoneNumberIds: (demo?.senders ?? []).map((sender) => sender.phoneNumberId),
    },
    logins,
  };
  return {
    /** @param {import('./supervise.mjs').Supervised[]} running */
    write(running) {
      const services = running.map(({ name, pid, port }) => ({ name, pid: pid ?? null, port }));
      writeJson(file, { ...stack, services }, 0o600);
    },
    summary() {
      say('');
      say(`Ready after ${seconds()}.`);
      say(`  API          ${urls.back}/api/docs`);
      say(`  customer     ${urls.simulator}   (the phone of somebody who writes to you)`);
      if (catchesMail()) say(`  mail         ${urls.mail}   (all that the system sends by mail)`);
      say(`  sockets      ${urls.ws.join('  ')}`);
      say(`  user, waba   ${urls.user}  ${urls.waba}`);
      say(`  for programs ${file}`);
      say(`  logs         ${join(home, 'logs')}`);
      for (const { email, password, role } of logins) say(`  login        ${email}  ${password}  (${role})`);
      say('Stop it with Ctrl-C.');
    },
  };
}

/** Where mail goes: to the server of SMTP_URL, or to one of our own that shows it all on a page. */
import { ROOT } from './files.mjs';
import { portPlan } from './ports.mjs';
import { isReady } from './services.mjs';
import { supervise } from './supervise.mjs';

export const catchesMail = () => !process.env.SMTP_URL;

/**
 * What user is told. Links lead to where a console in development is.
 *
 * @param {number} portBase
 */
export function mailEnv(portBase) {
  if (!catchesMail()) return {};
  return {
    SMTP_URL: `smtp://127.0.0.1:${portPlan(portBase).smtp}`,
    MAIL_FROM: 'WABA SCRM <no-reply@demo.test>',
    CONSOLE_URL: process.env.CONSOLE_URL || 'http://localhost:5173',
  };
}

/**
 * @param {import('./processes.mjs').Processes} processes
 * @param {ReturnType<typeof portPlan>} ports
 */
export async function startMailCatcher(processes, { mail, smtp }) {
  if (!catchesMail()) return;
  await supervise({
    name: 'mail',
    port: mail,
    processes,
    start: () =>
      processes.spawn({
        name: 'mail',
        command: process.execPath,
        args: ['tools/mail/main.mjs'],
        cwd: ROOT,
        tier: 'service',
        log: processes.logOf('mail'),
        env: { ...process.env, PORT: String(mail), SMTP_PORT: String(smtp) },
      }),
    isReady: () => isReady(mail),
  });
}

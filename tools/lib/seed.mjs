/** What is in the stack at first: the tables, the demo tenant, Meta's stand-in knowing both, a first message. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson, ROOT, writeJson } from './files.mjs';
import { Problem } from './say.mjs';
import { READABLE_STACKS } from './services.mjs';

const DEMO = resolve(ROOT, process.env.SEED_FILE || join('tools', 'demo.json'));

/**
 * @typedef {object} Demo what tools/demo.json holds
 * @property {{ id: string, name: string }} tenant
 * @property {string} wabaId
 * @property {string} accessToken
 * @property {{ phoneNumberId: string, displayPhoneNumber: string, name: string }[]} senders
 * @property {unknown[]} templates as Meta shows them
 * @property {{ email: string, password: string, role: string }[]} agents
 * @property {{ phoneNumberId: string, from: { waId: string, name: string }, text: string }} firstMessage
 */

/** @returns {Demo} */
export function readDemo() {
  const demo = readJson(DEMO);
  if (!demo) throw new Problem(`${DEMO} is missing or is not JSON: bring it back, or start with --no-seed`);
  return demo;
}

/**
 * Runs one program of an app's `db` folder for each app that has a database, one after the other: they may
 * touch the same roles.
 *
 * @param {import('./processes.mjs').Processes} processes
 * @param {'migrate' | 'seed-demo'} program
 * @param {NodeJS.ProcessEnv} env
 */
export async function runForDatabases(processes, program, env) {
  for (const app of ['user', 'waba'])
    await processes.run({
      name: `${program} of ${app}`,
      command: process.execPath,
      args: [...READABLE_STACKS, join('apps', app, 'dist/db', `${program}.js`)],
      cwd: ROOT,
      env: { ...process.env, NODE_ENV: 'development', SEED_FILE: DEMO, ...env },
      log: processes.logOf(program),
    });
}

/**
 * Tells the simulator where to deliver and what it plays. It keeps nothing, so it is told at every start.
 *
 * @param {{ simulator: string, waba: string }} urls
 * @param {import('./secrets.mjs').Secrets} secrets
 * @param {Demo} [demo]
 */
export async function configureSimulator(urls, { appSecret, verifyToken }, demo) {
  const waba = demo && {
    id: demo.wabaId,
    accessToken: demo.accessToken,
    phoneNumbers: demo.senders.map(({ phoneNumberId, displayPhoneNumber, name }) => ({
      id: phoneNumberId,
      displayPhoneNumber,
      verifiedName: name,
    })),
    templates: demo.templates,
  };
  const webhookUrl = `${urls.waba}/webhooks/whatsapp`;
  const config = { webhookUrl, appSecret, verifyToken, wabas: waba ? [waba] : [] };
  await send('PUT', `${urls.simulator}/control/config`, config);
}

/**
 * A customer writes, once in the life of a home: whoever looks for the first time sees a conversation.
 *
 * @param {string} home
 * @param {string} simulator
 * @param {Demo} demo
 */
export async function sendFirstMessage(home, simulator, { tenant, firstMessage }) {
  const marker = join(home, 'first-message.json');
  if (existsSync(marker)) return false;
  const { phoneNumberId, from, text } = firstMessage;
  const message = { phoneNumberId, from, type: 'text', text: { body: text } };
  await send('POST', `${simulator}/control/customers/messages`, message);
  writeJson(marker, { tenant: tenant.id, at: new Date().toISOString() });
  return true;
}

/**
 * @param {'PUT' | 'POST'} method
 * @param {string} url
 * @param {unknown} body
 */
async function send(method, url, body) {
  const options = { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url, { ...options, signal: AbortSignal.timeout(5_000) }).catch(
      (/** @type {Error} */ error) => error,
    );
    if (response instanceof Response && response.ok) return;
    if (attempt === 3) {
      const why =
        response instanceof Response ? `${response.status} ${await response.text()}` : response.message;
      throw new Problem(`the simulator refused ${method} ${url}: ${why.slice(0, 300)}`);
    }
    await sleep(300);
  }
}

/** Who comes in, how soon, what asking for it costs, and how soon somebody is out. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { ROOT } from '../lib/files.mjs';
import { Problem } from '../lib/say.mjs';
import { atMost, note, round, spread } from './report.mjs';

const SIGN_INS_A_SECOND = 20;
const SECONDS = 20;
const REVOCATIONS = 50;
const AGENTS = 10_000;
const PAGES = 300;
const CHECKS = 200_000;
const SORTS = ['name', '-name', 'email', '-email', 'createdAt', '-createdAt'];

const SIGN_IN_P95_MS = 300;
const REVOKED_P99_MS = 2_000;
const PAGE_P95_MS = 50;
const CHECK_US = 50;

/**
 * @typedef {{ email: string, password: string, role: string }} Login
 * @typedef {{ accessToken: string, refreshToken: string }} Session
 */

/** @param {import('./stack.mjs').Context} context */
export async function access({ stack, options }) {
  const { back, ws, logins, services } = stack.info;
  if (!back) throw new Problem('access: only the product has a gateway');
  const api = new Api(back);
  const admin = logins.find(({ role }) => role === 'admin');
  const people = logins.filter(({ role }) => role !== 'admin');
  if (!admin) throw new Problem('access: the demo has no admin');
  const seconds = options.seconds ?? SECONDS;

  note(`access: ${SIGN_INS_A_SECOND} sign-ins a second for ${seconds} s`);
  const signIns = spread(await signInsOver(api, people, seconds));
  note(`access: ${REVOCATIONS} sessions end, each with a socket`);
  const revoked = spread(await revocations(api, ws, people));
  const { accessToken } = await api.signIn(admin);
  note(`access: ${AGENTS} agents come by a file`);
  await api.importAgents(accessToken);
  const pages = spread(await agentPages(api, accessToken));
  const user = services.find(({ name }) => name === 'user');
  const checks = await checkCosts(`http://127.0.0.1:${user?.port}/.well-known/jwks.json`, accessToken);
  if (!signIns || !revoked || !pages) throw new Problem('access: nothing was measured');
  return {
    messages: 0,
    seconds,
    signInMs: signIns,
    revokedMs: revoked,
    agentPageMs: pages,
    checkUs: checks,
    figures: {
      signInP95Ms: atMost(signIns.p95, SIGN_IN_P95_MS),
      revokedP99Ms: atMost(revoked.p99, REVOKED_P99_MS),
      agentPageP95Ms: atMost(pages.p95, PAGE_P95_MS),
      tokenCheckUs: atMost(checks.knownToken, CHECK_US),
      permissionCheckUs: atMost(checks.ownRole, CHECK_US),
    },
  };
}

class Api {
  #back;

  /** @param {string} back */
  constructor(back) {
    this.#back = back;
  }

  /** @param {string} method @param {string} path @param {RequestInit & { token?: string }} [options] */
  ask(method, path, { token, headers, ...options } = {}) {
    return fetch(`${this.#back}/api/v1${path}`, {
      method,
      headers: { ...(token && { authorization: `Bearer ${token}` }), .../** @type {object} */ (headers) },
      ...options,
    });
  }

  /** @param {Login} login @returns {Promise<Session>} */
  async signIn({ email, password }) {
    const headers = { 'content-type': 'application/json' };
    const response = await this.ask('POST', '/auth/login', {
      headers,
      body: JSON.stringify({ email, password }),
    });
    if (!response.ok) throw new Problem(`access: ${email} may not sign in: ${await response.text()}`);
    return response.json();
  }

  /** @param {string} token */
  async importAgents(token) {
    const rows = Array.from({ length: AGENTS }, (_, n) => {
      const shuffled = (n * 7_919) % AGENTS;
      return `Agent ${shuffled},bench${shuffled}@bench.test,agent`;
    });
    const headers = { 'content-type': 'text/csv' };
    const body = ['name,email,role', ...rows].join('\n');
    const response = await this.ask('POST', '/agents/import', { token, headers, body });
    const report = /** @type {any} */ (await response.json());
    if (!response.ok || report.created !== AGENTS)
      throw new Problem(`access: not all were imported: ${JSON.stringify(report).slice(0, 300)}`);
  }
}

/** In open loop: one that takes long holds up no other. @param {Api} api @param {Login[]} people @param {number} seconds */
async function signInsOver(api, people, seconds) {
  /** @type {Promise<number>[]} */
  const all = [];
  const began = performance.now();
  for (let n = 0; n < SIGN_INS_A_SECOND * seconds; n++) {
    await sleep(Math.max(0, began + (n * 1_000) / SIGN_INS_A_SECOND - performance.now()));
    const from = performance.now();
    all.push(api.signIn(people[n % people.length]).then(() => performance.now() - from));
  }
  return Promise.all(all);
}

/** From the answer to "sign out" until its socket is closed and its token refused. @param {Api} api @param {string[]} ws @param {Login[]} people */
async function revocations(api, ws, people) {
  const times = [];
  for (let n = 0; n < REVOCATIONS; n++) {
    const { accessToken: token } = await api.signIn(people[n % people.length]);
    const socket = new WebSocket(ws[n % ws.length]);
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'auth', token }));
    await once(socket, 'message');
    const closed = once(socket, 'close');
    const from = performance.now();
    await api.ask('DELETE', '/me/sessions/current', { token });
    const refused = (async () => {
      while ((await api.ask('GET', '/me', { token })).status !== 401) await sleep(2);
    })();
    await Promise.all([closed, refused]);
    times.push(performance.now() - from);
  }
  return times;
}

/** Pages anywhere in the list, by every order. @param {Api} api @param {string} token */
async function agentPages(api, token) {
  const times = [];
  /** @type {Record<string, string>} */
  const cursors = {};
  for (let n = 0; n < PAGES; n++) {
    const sort = SORTS[n % SORTS.length];
    const query = new URLSearchParams({ sort, limit: '50', ...(cursors[sort] && { cursor: cursors[sort] }) });
    const from = performance.now();
    const response = await api.ask('GET', `/agents?${query}`, { token });
    const page = /** @type {any} */ (await response.json());
    times.push(performance.now() - from);
    if (!response.ok || page.items.length !== 50)
      throw new Problem(`access: no page of agents: ${JSON.stringify(page).slice(0, 300)}`);
    cursors[sort] = page.nextCursor;
  }
  return times;
}

/**
 * What a service pays for a request whose token it has seen before, with ten thousand ended ones to look through, and
 * for asking a role of a tenant's own. Microseconds.
 *
 * @param {string} jwksUrl @param {string} token
 */
async function checkCosts(jwksUrl, token) {
  const require = createRequire(join(ROOT, 'package.json'));
  const { Revocations, TokenVerifier } = require(join(ROOT, 'libs/platform/dist'));
  const { PERMISSIONS, scopeOf } = require(join(ROOT, 'libs/contracts/dist'));
  const revocations = new Revocations();
  const id = (/** @type {number} */ n) => `01980000-0000-7000-8000-${String(n).padStart(12, '0')}`;
  revocations.take(Array.from({ length: 10_000 }, (_, n) => ({ kind: 'session', id: id(n) })));
  const verifier = new TokenVerifier({ jwksUrl, issuer: 'scrm', audience: 'scrm', revocations });
  const began = performance.now();
  const principal = await verifier.verify(token);
  const first = performance.now() - began;
  const grants = Object.fromEntries(PERMISSIONS.map((/** @type {string} */ p) => [p, 'all']));
  const ofOwnRole = { ...principal, role: id(1), grants };
  return {
    newTokenMs: round(first),
    knownToken: await microsecondsOf(() => verifier.verify(token)),
    ownRole: await microsecondsOf(() => scopeOf(ofOwnRole, 'message.send')),
  };
}

/** @param {() => unknown} work */
async function microsecondsOf(work) {
  for (let n = 0; n < CHECKS / 10; n++) await work();
  const began = performance.now();
  for (let n = 0; n < CHECKS; n++) await work();
  return Math.round(((performance.now() - began) / CHECKS) * 1e6) / 1e3;
}

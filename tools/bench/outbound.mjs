/** The road out, for information: agents answer, and Meta's stand-in says how often it was asked to send what. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { openInbox } from './inbox.mjs';
import { atMost, note, promises, round, spread } from './report.mjs';
import { cpuPercent, rssMiB, sampleCpu } from './usage.mjs';

const RATE = 50;
const SECONDS = 20;
/** Few enough messages to each, and Meta's limit for one customer stays out of the measurement. */
const CUSTOMERS = 200;
const WINDOW_MS = 60_000;
const GONE_OUT = new Set(['sent', 'delivered', 'read', 'played']);

/**
 * These customers never wrote on the phone of Meta's stand-in: it would take them for people whom only a template may
 * reach. Everything else that it enforces stays.
 *
 * @param {string} simulator
 */
export async function openWindows(simulator) {
  const response = await fetch(`${simulator}/control/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ limits: { enforceWindow: false } }),
    signal: AbortSignal.timeout(5_000),
  });
  if (!response.ok) throw new Error(`the simulator answered ${response.status}: ${await response.text()}`);
}

/** @typedef {{ startedAt: number, acceptedAt: number, id: string }} Sending `id` is empty where it was refused */

/** @param {import('./stack.mjs').Context} context */
export async function outbound(context) {
  const { stack, options } = context;
  const { seconds = SECONDS } = options;
  /** @type {Map<number, string>} by customer */
  const conversations = new Map();
  /** @type {Map<string, { status: string, sentAt: number }>} by the message's id, as the admin's screen shows it */
  const shown = new Map();
  const inbox = await openInbox(context, {
    customers: CUSTOMERS,
    onMessage: (n, conversationId) => conversations.set(inbox.ledger.customer[n], conversationId),
    onOther: ({ data: { message } }) => {
      if (message?.direction !== 'out') return;
      const sentAt = shown.get(message.id)?.sentAt || (GONE_OUT.has(message.status) ? performance.now() : 0);
      shown.set(message.id, { status: message.status, sentAt });
    },
  });
  await openWindows(stack.info.simulator);
  note(`outbound: ${CUSTOMERS} customers write first`);
  await Promise.all(inbox.customers.map((_, customer) => inbox.meta.write(customer)));
  const verdict = await inbox.ledger.verdict();
  /** @type {Record<string, number>} */
  const refusals = {};
  const pool = new Pool(stack.info.back, { connections: 64, pipelining: 1, headersTimeout: 15_000 });

  note(`outbound: ${RATE}/s for ${seconds} s`);
  const before = sampleCpu(stack.info.services);
  const sendings = await sendAll();
  const after = sampleCpu(stack.info.services);
  const accepted = sendings.filter(({ id }) => id);
  const unsent = await untilSent(accepted);
  const memory = rssMiB(stack.info.services);
  const sends = await sendsById();
  await Promise.all([inbox.close(), pool.destroy()]);

  const ids = accepted.map(({ id }) => id);
  const twice = ids.filter((id) => (sends.get(id) ?? 0) > 1).length;
  const never = ids.filter((id) => !sends.has(id)).length;
  return {
    messages: accepted.length,
    offeredPerSecond: RATE,
    seconds,
    throughputPerSecond: round(accepted.length / ((after.at - before.at) / 1000)),
    acceptMs: spread(accepted.map(({ startedAt, acceptedAt }) => acceptedAt - startedAt)),
    acceptedToSentMs: spread(
      accepted.flatMap(({ id, acceptedAt }) => {
        const sentAt = shown.get(id)?.sentAt;
        return sentAt ? [Math.max(0, sentAt - acceptedAt)] : [];
      }),
    ),
    refusals,
    ...verdict,
    cpuPercent: cpuPercent(before, after),
    rssMiB: memory,
    figures: {
      notAccepted: atMost(sendings.length - accepted.length, 0),
      sentTwice: atMost(twice, 0),
      neverSent: atMost(never, 0),
      notShownAsSent: atMost(unsent, 0),
      ...promises(verdict),
    },
  };

  /** @returns {Promise<Sending[]>} */
  async function sendAll() {
    const began = performance.now();
    const all = [];
    for (let i = 0; i < RATE * seconds; i++) {
      const wait = began + (i * 1000) / RATE - performance.now();
      if (wait > 0) await sleep(wait);
      all.push(send(i));
    }
    return Promise.all(all);
  }

  /** @param {number} i @returns {Promise<Sending>} */
  async function send(i) {
    const customer = i % CUSTOMERS;
    const { team } = inbox.customers[customer];
    const colleagues = inbox.agents.filter(({ role, teams }) => role === 'agent' && teams.includes(team));
    const token = await colleagues[Math.floor(i / 2) % colleagues.length].token();
    const sending = { startedAt: performance.now(), acceptedAt: 0, id: '' };
    try {
      const { statusCode, body } = await pool.request({
        path: `/api/v1/conversations/${conversations.get(customer)}/messages`,
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
        },
        body: JSON.stringify({ type: 'text', text: { body: `Masih ada, kak! Nomor pesanan ${i}.` } }),
      });
      const answer = await body.json();
      sending.acceptedAt = performance.now();
      if (statusCode === 202) sending.id = /** @type {any} */ (answer).id;
      else refused(`${statusCode} ${/** @type {any} */ (answer).detail}`);
    } catch (error) {
      refused(error.message);
    }
    return sending;
  }

  /** Said once: a refusal seldom comes alone. @param {string} why */
  function refused(why) {
    if (!refusals[why]) note(`outbound: refused: ${why}`);
    refusals[why] = (refusals[why] ?? 0) + 1;
  }

  /** @param {Sending[]} accepted @returns {Promise<number>} how many the screen does not show as sent in time */
  async function untilSent(accepted) {
    const deadline = performance.now() + WINDOW_MS;
    for (;;) {
      const left = accepted.filter(({ id }) => !GONE_OUT.has(shown.get(id)?.status ?? '')).length;
      if (left === 0 || performance.now() > deadline) return left;
      await sleep(50);
    }
  }

  /** @returns {Promise<Map<string, number>>} how often Meta's stand-in took each, by our own id */
  async function sendsById() {
    const counts = new Map();
    for (let since = 0; ;) {
      const url = `${stack.info.simulator}/control/ledger/sends?since=${since}&limit=1000`;
      const { last, data } = await (await fetch(url, { signal: AbortSignal.timeout(10_000) })).json();
      if (data.length === 0) return counts;
      for (const { callbackId, outcome } of data)
        if (outcome.startsWith('accepted')) counts.set(callbackId, (counts.get(callbackId) ?? 0) + 1);
      since = last;
    }
  }
}

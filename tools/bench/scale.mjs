/**
 * The same questions to an empty database and to a full one: the inbox list, a page of messages, a message sent, a
 * message come in. The past is made in between, on the same stack.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { readDemo } from '../lib/seed.mjs';
import { openInbox } from './inbox.mjs';
import { measure, openLoop } from './load.mjs';
import { openWindows } from './outbound.mjs';
import { atMost, note, promises, spread } from './report.mjs';
import { fillDatabase, sizes } from './scale-data.mjs';

const RATE = 84;
const SECONDS = 20;
const WARM_UP = 5;
const CUSTOMERS = 500;
/** Times that each question is asked, one after the other. */
const TIMES = 100;
/** How many pages into a list "deep" is. */
const DEPTH = 20;
const AT_MOST = 2;
/** Below it a ratio says more about the machine's mood than about the database. */
const LEAST_MS = 2;

const NEVER = { p50: Infinity, p95: Infinity };

/** @typedef {Record<string, { p50: number, p95: number }>} Times */

/** @param {import('./stack.mjs').Context} context */
export async function scale(context) {
  const { stack, options } = context;
  await openWindows(stack.info.simulator);
  const before = await askEverything(context, 'empty', 0);
  const plan = { messages: options.scaleMessages, ...demoPlan() };
  note(`scale: filling with ${plan.messages} messages`);
  const began = performance.now();
  await fillDatabase(stack.info.databaseUrl, plan, (text) => note(`scale: ${text}`));
  const filledInSeconds = Math.round((performance.now() - began) / 1000);
  // The pods hear of the new past by their regular look at the streams' heads.
  await sleep(5_000);
  const after = await askEverything(context, 'full', 1_000_000);
  /** @type {Record<string, import('./report.mjs').Figure>} */
  const figures = {};
  for (const [name, { p50, p95 }] of Object.entries(after.times)) {
    const was = before.times[name];
    if (!was) continue;
    figures[`${name}P50`] = ratio(p50, was.p50);
    figures[`${name}P95`] = ratio(p95, was.p95);
  }
  return {
    messages: plan.messages,
    filledInSeconds,
    sizeMiB: await sizes(stack.info.databaseUrl),
    empty: before.times,
    full: after.times,
    figures: { ...figures, ...promises(before.verdict), ...promises(after.verdict) },
  };
}

/** @param {number} now @param {number} was */
const ratio = (now, was) => atMost(Math.round((now / Math.max(was, LEAST_MS)) * 100) / 100, AT_MOST);

function demoPlan() {
  const demo = /** @type {any} */ (readDemo());
  return { tenantId: demo.tenant.id, senders: demo.senders, teams: demo.teams, agents: demo.agents };
}

/**
 * @param {import('./stack.mjs').Context} context
 * @param {string} state
 * @param {number} numberedFrom
 */
async function askEverything(context, state, numberedFrom) {
  const { stack, options } = context;
  /** @type {Map<number, string>} by customer */
  const conversations = new Map();
  const inbox = await openInbox(context, {
    customers: CUSTOMERS,
    numberedFrom,
    onMessage: (n, conversationId) => conversations.set(inbox.ledger.customer[n], conversationId),
  });
  const pool = new Pool(stack.info.back, { connections: 4, pipelining: 1, headersTimeout: 15_000 });
  note(`scale, ${state}: inbound`);
  const plan = { warmUp: WARM_UP, seconds: options.seconds ?? SECONDS, offeredPerSecond: RATE };
  const { lost, duplicated, outOfOrder, seqGaps, leaked, resets, ...inbound } = await measure(
    context,
    inbox,
    () => openLoop(inbox, RATE),
    plan,
  );
  /** @type {Times} */
  const times = { inbound: inbound.webhookToSocketMs ?? NEVER };
  note(`scale, ${state}: lists, pages and sends`);
  const [admin, leader] = ['admin', 'leader'].map((role) => inbox.agents.find((a) => a.role === role));
  const agent = inbox.agents.find((a) => a.role === 'agent');
  const [sender] = demoPlan().senders;
  for (const who of [admin, leader, agent]) {
    for (const filter of ['', 'status=open', 'status=closed', 'assigneeId=none', `senderId=${sender.id}`]) {
      times[`list ${who?.role} ${filter}`.trim()] = await timesOf(() =>
        get(who, `/conversations?limit=50&${filter}`),
      );
    }
    const deep = await cursorAt(who, '/conversations?limit=50');
    times[`list ${who?.role} deep`] = await timesOf(() => get(who, `/conversations?limit=50${deep}`));
  }
  const longest = await longestConversation(admin);
  const path = `/conversations/${longest}/messages?limit=50`;
  times['messages first'] = await timesOf(() => get(admin, path));
  const deep = await cursorAt(admin, path);
  times['messages deep'] = await timesOf(() => get(admin, `${path}${deep}`));
  const known = [...conversations.values()];
  let turn = 0;
  times.send = await timesOf(() => {
    const conversation = known[turn++ % known.length];
    return ask(admin, `/conversations/${conversation}/messages`, {
      type: 'text',
      text: { body: `Ya, kak ${turn}` },
    });
  });
  await Promise.all([inbox.close(), pool.destroy()]);
  return { times, verdict: { lost, duplicated, outOfOrder, seqGaps, leaked, resets } };

  /** @param {import('./tokens.mjs').Agent | undefined} who @param {string} path */
  function get(who, path) {
    return ask(who, path);
  }

  /**
   * @param {import('./tokens.mjs').Agent | undefined} who
   * @param {string} path
   * @param {object} [post]
   * @returns {Promise<any>}
   */
  async function ask(who, path, post) {
    const { statusCode, body } = await pool.request({
      path: `/api/v1${path}`,
      method: post ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${await who?.token()}`,
        ...(post && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
      },
      ...(post && { body: JSON.stringify(post) }),
    });
    const answer = await body.json();
    if (statusCode >= 300) throw new Error(`${path}: ${statusCode} ${JSON.stringify(answer).slice(0, 300)}`);
    return answer;
  }

  /** A cursor as many pages in as there are, up to {@link DEPTH}. */
  async function cursorAt(/** @type {any} */ who, /** @type {string} */ path) {
    let cursor = '';
    for (let page = 0; page < DEPTH; page++) {
      const { nextCursor } = await ask(who, `${path}${cursor}`);
      if (!nextCursor) break;
      cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
    }
    return cursor;
  }

  /** By what the list shows of its first pages: the one with the highest seq. */
  async function longestConversation(/** @type {any} */ who) {
    let longest = { id: '', lastSeq: 0 };
    let cursor = '';
    for (let page = 0; page < DEPTH; page++) {
      const { items, nextCursor } = await ask(who, `/conversations?limit=100${cursor}`);
      for (const conversation of items) if (conversation.lastSeq > longest.lastSeq) longest = conversation;
      if (!nextCursor) break;
      cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
    }
    return longest.id;
  }
}

/** @param {() => Promise<unknown>} work */
async function timesOf(work) {
  const took = [];
  for (let i = 0; i < TIMES + 20; i++) {
    const began = performance.now();
    await work();
    if (i >= 20) took.push(performance.now() - began);
  }
  return spread(took) ?? NEVER;
}

/** Customers on one side, agents' screens on the other, and the books that are kept of both. */
import { readDemo } from '../lib/seed.mjs';
import { Ledger } from './ledger.mjs';
import { customersOf, Meta, numberOf } from './meta.mjs';
import { Screen } from './screen.mjs';
import { Agent } from './tokens.mjs';

/**
 * @param {import('./stack.mjs').Context} context
 * @param {object} options
 * @param {number} options.customers
 * @param {number} [options.connections] to the webhook
 * @param {number} [options.numberedFrom] where an inbox before has used the lower numbers on this stack
 * @param {(frame: any) => void} [options.onOther] hears what the first admin's screen hears, beside new messages
 * @param {(n: number, conversationId: string) => void} [options.onMessage] the same, of new messages
 */
export async function openInbox(
  { stack, options },
  { customers: count, connections = 64, numberedFrom = 0, onOther, onMessage },
) {
  const { info } = stack;
  const demo = /** @type {any} */ (readDemo());
  const customers = customersOf(count, info.meta.wabaId, demo.senders);
  const ledger = new Ledger(customers);
  const ownNumber = (/** @type {string} */ wamid) => {
    const number = numberOf(wamid);
    return number !== undefined && number >= numberedFrom ? number - numberedFrom : undefined;
  };
  /** @type {Agent[]} */
  const agents = demo.agents.map((/** @type {any} */ login) => new Agent(info.back, login));
  // One after the other: passwords are slow on purpose.
  for (const agent of agents) await agent.token();

  const screens = Array.from({ length: options.sockets }, (_, i) => {
    const agent = agents[i % agents.length];
    const entitled = demo.senders.map((/** @type {any} */ { team }) => sees(agent, team));
    const own = i === 0 ? { onOther, onMessage } : {};
    // In rounds over the agents, so that everybody has screens on all pods.
    const first = (i + Math.floor(i / agents.length)) % info.ws.length;
    return new Screen({
      agent,
      urls: info.ws,
      first,
      account: ledger.account(entitled),
      numberOf: ownNumber,
      ...own,
    });
  });
  await Promise.all(screens.map((screen) => screen.untilLive()));

  const { waba, meta } = info;
  const sender = new Meta({ waba, appSecret: meta.appSecret, ledger, customers, connections, numberedFrom });
  return {
    ledger,
    agents,
    screens,
    customers,
    meta: sender,
    async close() {
      for (const agent of agents) agent.close();
      for (const screen of screens) screen.close();
      await sender.close();
    },
  };
}

/** The demo's conversations are nobody's: their team sees them, and an admin. @param {Agent} agent @param {string} team */
const sees = (agent, team) => agent.role === 'admin' || agent.teams.includes(team);

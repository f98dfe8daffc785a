/** Customers on one side, agents' screens on the other, and the books that are kept of both. */
import { Ledger } from './ledger.mjs';
import { customersOf, Meta, numberOf } from './meta.mjs';
import { Screen } from './screen.mjs';
import { Agent, FloorAgent } from './tokens.mjs';

/** As many passwords as the user service checks at once: more would wait there. */
const SIGN_INS_AT_ONCE = 2;

/**
 * @param {Pick<import('./stack.mjs').Context, 'stack' | 'roster' | 'sockets'>} context the stack may be the floor
 * @param {object} options
 * @param {number} options.customers
 * @param {number} [options.connections] to the webhook
 * @param {number} [options.numberedFrom] where an inbox before has used the lower numbers on this stack
 * @param {(frame: any) => void} [options.onOther] hears what the first screen hears, beside new messages
 * @param {(n: number, conversationId: string) => void} [options.onMessage] the same, of new messages
 */
export async function openInbox(
  { stack, roster, sockets },
  { customers: count, connections = 64, numberedFrom = 0, onOther, onMessage },
) {
  const { info } = stack;
  const customers = customersOf(count, roster.wabaId, roster.senders);
  const ledger = new Ledger(customers);
  const agents = roster.agents.map((login) =>
    info.back ? new Agent(info.back, login) : new FloorAgent(login, roster.senders),
  );
  for (let i = 0; i < agents.length; i += SIGN_INS_AT_ONCE)
    await Promise.all(agents.slice(i, i + SIGN_INS_AT_ONCE).map((agent) => agent.token()));
  const ownNumber = (/** @type {string} */ wamid) => {
    const number = numberOf(wamid);
    return number !== undefined && number >= numberedFrom ? number - numberedFrom : undefined;
  };

  const screens = Array.from({ length: sockets }, (_, i) => {
    const agent = agents[i % agents.length];
    const entitled = roster.senders.map(({ team }) => agent.sees(team));
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

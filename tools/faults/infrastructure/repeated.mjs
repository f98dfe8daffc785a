/** What Meta says more than once, too early, in any order, or about nobody. */
import { wamidOf } from '../../bench/meta.mjs';

/** @typedef {import('../world.mjs').World} World */

const COPIES = 1_000;
const AT_ONCE = 50;
const RANK = { sent: 1, failed: 2, delivered: 3, read: 4 };

/** @type {import('../world.mjs').Fault[]} */
export const REPEATED_FAULTS = [
  {
    name: 'repeated:webhook',
    title: 'the same webhook 1,000 times, 50 at once',
    times: 3,
    short: 0,
    recoveryMs: 5_000,
    block: 1,
    async run(world) {
      const { inbound, ledger, customers } = world;
      const [customer] = inbound.next();
      const n = ledger.begin(customer);
      const { head, tail } = customers[customer];
      const at = Math.floor(Date.now() / 1000);
      const body = Buffer.from(`${head}${wamidOf(n)}","timestamp":"${at}${tail}`);
      ledger.postedAt[n] = performance.now();
      await inbound.post(body);
      ledger.accepted(n);
      let left = COPIES - 1;
      const worker = async () => {
        while (left-- > 0) await inbound.post(body);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      return world.recovered(performance.now());
    },
  },
  {
    name: 'repeated:status',
    title: 'statuses in every order and choice, each of them twice, some for unknown messages',
    times: 1,
    short: 0,
    recoveryMs: 5_000,
    run: everyOrder,
    end: async ({ simulator }) =>
      simulator.configure({ statuses: { loss: { sent: 0, delivered: 0, read: 0 } } }),
  },
];

/** @param {World} world */
async function everyOrder(world) {
  const { outbound, simulator, inbound, random } = world;
  // Ours alone.
  await simulator.configure({ statuses: { loss: { sent: 1, delivered: 1, read: 1 } } });
  const orders = ordersOf(/** @type {(keyof RANK)[]} */ (Object.keys(RANK)));
  const ids = await Promise.all(orders.map(() => outbound.sendNext()));
  await world.until(() => ids.every((id) => !id || outbound.isFinal(id)), 'the sends');
  const [rows] = await world.query(
    `SELECT m.id, m.wamid, s.phone_number_id FROM waba.message m JOIN waba.sender s ON s.id = m.sender_id
      WHERE m.wamid IS NOT NULL AND m.id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  await Promise.all(
    orders.map(async (order, i) => {
      const message = byId.get(ids[i]);
      for (const status of order) {
        const body = delivery(message, status);
        const unknown = delivery({ ...message, wamid: `${message.wamid}${random.next()}` }, status);
        await Promise.all([
          inbound.post(body),
          inbound.post(body),
          random.chance(0.3) && inbound.post(unknown),
        ]);
      }
    }),
  );
  const began = performance.now();
  const wrong = () =>
    orders.filter((order, i) => {
      const expected = order.reduce((a, b) => (RANK[b] > RANK[a] ? b : a));
      return (outbound.shownAs(/** @type {string} */ (ids[i])) ?? []).some((shown) => shown !== expected);
    });
  await world.until(() => wrong().length === 0, 'the furthest status on every screen');
  return performance.now() - began;
}

/** Every order of every choice. @template T @param {T[]} those @returns {T[][]} */
function ordersOf(those) {
  return those.flatMap((first) => {
    const others = those.filter((other) => other !== first);
    return [[first], ...ordersOf(others).map((rest) => [first, ...rest])];
  });
}

/** @param {{ wamid: string, phone_number_id: string }} message @param {string} status */
function delivery({ wamid, phone_number_id }, status) {
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '0', phone_number_id },
    statuses: [
      {
        id: wamid,
        status,
        timestamp: String(Math.floor(Date.now() / 1000)),
        recipient_id: '0',
        ...(status === 'failed' && { errors: [{ code: 131026, title: 'Message undeliverable' }] }),
      },
    ],
  };
  const entry = [{ id: '0', changes: [{ field: 'messages', value }] }];
  return Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry }));
}

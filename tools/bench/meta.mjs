/** Meta's side of the road in: signed deliveries, each repeated until it is answered with 200. */
import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Posts } from './posts.mjs';

const PATH = '/webhooks/whatsapp';
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2_000;

/** A message's number is in its id, so that a screen can tell which one it shows. */
const ID_HEAD = 'wamid.HBgNNjI4OTkwMDAwMDAwMBUCABIYBench';
const ID_TAIL = 'RAzODEwMTQ0RgA=';
const DIGITS = 10;

/** About 750 bytes in all, as long messages of the official example's shape are. */
const TEXT =
  'Halo, saya mau tanya: apakah kopi Gayo yang minggu lalu masih ada, dan berapa harga untuk dua kilo? ' +
  'Kalau bisa dikirim ke Bandung besok pagi, saya pesan sekarang juga dengan gilingan kasar. Terima kasih banyak!';

/** @typedef {{ sender: number, team: string, head: string, tail: string }} Customer */

/** @param {number} n */
export const wamidOf = (n) => `${ID_HEAD}${String(n).padStart(DIGITS, '0')}${ID_TAIL}`;

/** @param {string} wamid @returns {number | undefined} */
export const numberOf = (wamid) =>
  wamid.startsWith(ID_HEAD) ? Number(wamid.slice(ID_HEAD.length, ID_HEAD.length + DIGITS)) : undefined;

/**
 * Customers who take turns in writing to the business numbers.
 *
 * @param {number} count
 * @param {string} wabaId
 * @param {{ phoneNumberId: string, displayPhoneNumber: string, team: string }[]} senders
 * @returns {Customer[]}
 */
export function customersOf(count, wabaId, senders) {
  return Array.from({ length: count }, (_, i) => {
    const sender = i % senders.length;
    const { phoneNumberId, displayPhoneNumber, team } = senders[sender];
    const waId = `62899${String(i).padStart(8, '0')}`;
    const delivery = JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [
        {
          id: wabaId,
          changes: [
            {
              value: {
                messaging_product: 'whatsapp',
                metadata: {
                  display_phone_number: displayPhoneNumber.replace(/\D/g, ''),
                  phone_number_id: phoneNumberId,
                },
                contacts: [{ profile: { name: `Pelanggan ${i}` }, wa_id: waId }],
                messages: [
                  { from: waId, id: '\u0001', timestamp: '\u0001', type: 'text', text: { body: TEXT } },
                ],
              },
              field: 'messages',
            },
          ],
        },
      ],
    });
    const [head, between, tail] = delivery.split('\\u0001');
    if (between !== '","timestamp":"') throw new Error('the delivery was not cut where it should be');
    return { sender, team, head, tail };
  });
}

/** One delivery of several: what comes in a row from one customer is one change. @param {string[]} deliveries */
export function together(deliveries) {
  const [first, ...rest] = deliveries.map((text) => JSON.parse(text));
  const { changes } = first.entry[0];
  for (const { entry } of rest) {
    const [change] = entry[0].changes;
    const { contacts, messages } = changes.at(-1).value;
    if (contacts[0].wa_id === change.value.contacts[0].wa_id) messages.push(...change.value.messages);
    else changes.push(change);
  }
  return JSON.stringify(first);
}

export class Meta {
  retries = 0;
  inFlight = 0;
  #posts;
  #numberedFrom;
  #secret;
  #ledger;
  #customers;
  #closed = false;

  /**
   * @param {object} options
   * @param {string} options.waba
   * @param {string} options.appSecret
   * @param {import('./ledger.mjs').Ledger} options.ledger
   * @param {Customer[]} options.customers
   * @param {number} options.connections
   * @param {number} [options.numberedFrom] of the first message
   */
  constructor({ waba, appSecret, ledger, customers, connections, numberedFrom = 0 }) {
    this.#posts = new Posts(waba, connections);
    this.#numberedFrom = numberedFrom;
    this.#secret = appSecret;
    this.#ledger = ledger;
    this.#customers = customers;
  }

  /** A customer writes; resolves when that was answered with 200. @param {number} customer @returns {Promise<number>} */
  async write(customer) {
    const n = this.#ledger.begin(customer);
    await this.#deliver([n], this.#deliveryOf(n));
    return n;
  }

  /**
   * Customers write, and all of it comes in one delivery, in this order.
   *
   * @param {number[]} customers as often as each writes
   * @returns {Promise<number[]>} the messages' numbers
   */
  async writeTogether(customers) {
    const numbers = customers.map((customer) => this.#ledger.begin(customer));
    await this.#deliver(numbers, together(numbers.map((n) => this.#deliveryOf(n))));
    return numbers;
  }

  /** @param {number} n */
  #deliveryOf(n) {
    const { head, tail } = this.#customers[this.#ledger.customer[n]];
    return `${head}${wamidOf(this.#numberedFrom + n)}","timestamp":"${Math.floor(Date.now() / 1000)}${tail}`;
  }

  /** Posts it until it is answered with 200. @param {number[]} numbers @param {string} body */
  async #deliver(numbers, body) {
    const ledger = this.#ledger;
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'facebookexternalua',
      'x-hub-signature-256': `sha256=${createHmac('sha256', this.#secret).update(body).digest('hex')}`,
    };
    this.inFlight++;
    const postedAt = performance.now();
    for (const n of numbers) ledger.postedAt[n] = postedAt;
    for (let pause = FIRST_PAUSE_MS; !this.#closed; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      if (await this.#post(body, headers)) {
        for (const n of numbers) ledger.accepted(n);
        break;
      }
      this.retries++;
      await sleep(pause * (0.8 + Math.random() * 0.4));
    }
    this.inFlight--;
  }

  close() {
    this.#closed = true;
    this.#posts.close();
  }

  /** @param {string} body @param {Record<string, string>} headers @returns {Promise<boolean>} */
  async #post(body, headers) {
    const status = await this.#posts.post(PATH, headers, body).catch(() => 0);
    if (status === 401) throw new Error('the webhook refuses our signature');
    return status === 200;
  }
}

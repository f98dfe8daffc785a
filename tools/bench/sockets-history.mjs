/** What ws needs of waba, without a database: streams in memory, and their history by RPC. */
import amqp from 'amqplib';
import { built } from './fanout-parts.mjs';

/** As in a real stream: what a client may have missed is limited. */
const KEPT = 20_000;

/** @typedef {{ epoch: string, head: number, events: any[] }} Stream `events` are the newest, the last is at `head` */

/** Streams as the database would hold them. */
export class Streams {
  /** @type {Map<string, Stream>} */
  #streams = new Map();
  /** Questions for pages, and for heads. */
  asked = { read: 0, heads: 0 };

  /** @param {string} tenantId */
  of(tenantId) {
    let stream = this.#streams.get(tenantId);
    if (!stream) this.#streams.set(tenantId, (stream = { epoch: 'bench-epoch', head: 0, events: [] }));
    return stream;
  }

  /**
   * What a transaction of these events makes visible, as the worker hands it on: what an event shows is text by then.
   *
   * @param {string} tenantId
   * @param {any[]} drafts events without their positions
   */
  commit(tenantId, drafts) {
    const stream = this.of(tenantId);
    const events = drafts.map((draft) => ({ position: ++stream.head, ...draft }));
    stream.events.push(...events);
    if (stream.events.length > 2 * KEPT) stream.events.splice(0, stream.events.length - KEPT);
    const written = events.map((event) => ({ ...event, data: JSON.stringify(event.data) }));
    return { tenantId, epoch: stream.epoch, events: written };
  }

  /** @param {{ tenantIds: string[] }} question */
  heads({ tenantIds }) {
    this.asked.heads++;
    const headOf = (/** @type {string} */ tenantId) => {
      const { epoch, head } = this.of(tenantId);
      return { tenantId, epoch, head };
    };
    return { heads: tenantIds.map(headOf) };
  }

  /** @param {{ tenantId: string, epoch: string | null, after: number, upTo?: number, limit?: number }} question */
  read({ tenantId, epoch, after, upTo, limit = 500 }) {
    this.asked.read++;
    const stream = this.of(tenantId);
    const { head, events } = stream;
    const first = head - events.length + 1;
    const common = { epoch: stream.epoch, head };
    if ((epoch !== null && epoch !== stream.epoch) || after + 1 < first)
      return { ...common, reset: true, complete: true, events: [] };
    const end = Math.min(upTo ?? head, head, after + limit);
    const complete = end >= Math.min(upTo ?? head, head);
    return { ...common, reset: false, complete, events: events.slice(after + 1 - first, end + 1 - first) };
  }
}

/** The same, asked over the broker as the waba service is. */
export class HistoryStandIn extends Streams {
  #connection;
  #channel;

  /** @param {import('amqplib').ChannelModel} connection @param {import('amqplib').Channel} channel */
  constructor(connection, channel) {
    super();
    this.#connection = connection;
    this.#channel = channel;
  }

  /** @param {string} url @param {string} namespace */
  static async open(url, namespace) {
    const { brokerNames } = built('libs/contracts/dist/broker');
    const connection = await amqp.connect(url, { noDelay: true });
    connection.on('error', () => {});
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue(brokerNames(namespace).rpcQueue('waba'), {
      durable: true,
      arguments: { 'x-max-length': 100_000, 'x-overflow': 'reject-publish' },
    });
    await channel.purgeQueue(queue);
    const history = new HistoryStandIn(connection, channel);
    await channel.consume(queue, (message) => message && history.#answer(message), { noAck: true });
    return history;
  }

  async close() {
    await this.#connection.close().catch(() => {});
  }

  /** @param {import('amqplib').ConsumeMessage} message */
  #answer({ content, properties: { replyTo, correlationId } }) {
    const { pattern, data } = JSON.parse(content.toString());
    const response = pattern === 'waba.stream.heads.v1' ? this.heads(data) : this.read(data);
    const body = Buffer.from(JSON.stringify({ response, isDisposed: true }));
    this.#channel.sendToQueue(replyTo, body, { correlationId });
  }
}

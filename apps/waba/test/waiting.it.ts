import { messageSend } from '@scrm/contracts';
import { NotPublishedError, Publisher, type Delivery } from '@scrm/messaging';
import { eventually } from '@scrm/testing';
import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { SYSTEM_DB } from '../src/db/data-source';
import { DispatchService } from '../src/message/dispatch.service';
import { Dispatcher } from '../src/message/dispatcher';
import { InboundService } from '../src/message/inbound.service';
import { StreamPublisher } from '../src/stream/stream.publisher';
import { writeHeaders } from '../src/webhook/delivery-headers';
import { WebhookConsumer } from '../src/webhook/webhook.consumer';
import { change, delivery, WabaHarness, type TestSender } from './harness';

describe('what waits, and for what:', () => {
  let waba: WabaHarness;
  let sender: TestSender;
  let conversationId: string;

  beforeAll(async () => {
    waba = await WabaHarness.start();
  });
  afterAll(() => waba.stop());
  beforeEach(async () => {
    sender = await waba.addSender();
    conversationId = (await write('hello')).conversation_id;
  });
  afterEach(() => jest.restoreAllMocks());

  const post = (...messages: unknown[]) => waba.deliver(delivery(change(sender, { messages })));
  const placeOf = (condition: string, parameter: string) =>
    eventually(async () => {
      const [row] = await waba.query<{ conversation_id: string; seq: string; position: string }>(
        `SELECT m.conversation_id, m.seq, e.position
           FROM message m JOIN stream_event e ON e.conversation_id = m.conversation_id AND e.seq = m.seq
          WHERE ${condition} = $1`,
        [parameter],
      );
      return { ...row!, seq: Number(row!.seq), position: Number(row!.position) };
    });
  const write = async (body: string) => {
    const message = waba.text('6281200', body);
    await post(message);
    return placeOf('m.wamid', message.id);
  };
  const send = (body: string) =>
    waba.rpc.call(
      messageSend,
      { conversationId, idempotencyKey: randomUUID(), message: { type: 'text', text: { body } } },
      { token: waba.identity.token(sender) },
    );

  /** Another transaction changes a row, and commits when `work` has begun and somebody waits for it. */
  async function whileChanged<T>(sql: string, id: string, work: () => Promise<T>): Promise<T> {
    const runner = waba.get<DataSource>(SYSTEM_DB).createQueryRunner();
    await runner.startTransaction();
    try {
      const [own] = (await runner.query('SELECT pg_backend_pid() AS pid')) as { pid: number }[];
      await runner.query(sql, [id]);
      const done = work();
      await eventually(async () => {
        const waiters = 'SELECT 1 FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))';
        expect(await waba.query(waiters, [own!.pid])).not.toHaveLength(0);
      });
      await runner.commitTransaction();
      return await done;
    } finally {
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      await runner.release();
    }
  }
  const inFiveChanges = 'UPDATE conversation SET last_seq = last_seq + 5 WHERE id = $1';

  it("a customer's message waits for whoever changes the conversation, and comes behind", async () => {
    const { seq } = await whileChanged(inFiveChanges, conversationId, () => write('second'));
    expect(seq).toBe(7);
  });

  it("an agent's message waits for whoever changes the conversation, and comes behind", async () => {
    const { id } = await whileChanged(inFiveChanges, conversationId, () => send('answer'));
    expect((await placeOf('m.id::text', id)).seq).toBe(7);
  });

  it("a message's position waits for whoever has the stream, and comes behind", async () => {
    const takeFive = 'UPDATE stream SET head = head + 5 WHERE tenant_id = $1';
    const { position } = await whileChanged(takeFive, sender.tenantId, () => write('second'));
    expect(position).toBe(7);
  });

  describe('at the door', () => {
    /** The broker does not confirm what holds this text, and then refuses it. */
    function holdBack(text: string, queue: (name: string) => boolean = () => true) {
      const publisher = waba.get(Publisher);
      const publish = publisher.publish.bind(publisher);
      let held: (() => void) | undefined;
      jest.spyOn(publisher, 'publish').mockImplementation((exchange, key, body, options) => {
        if (exchange !== waba.broker.names.exchange.webhook || !queue(key) || !body.includes(text))
          return publish(exchange, key, body, options);
        return new Promise((_resolve, reject) => {
          held = () => reject(new NotPublishedError('The broker refused the message.'));
        });
      });
      return () => eventually(() => held!());
    }
    const notArchive = (queue: string) => queue !== waba.broker.names.archiveQueue;

    it("Meta's answer waits until the broker has the delivery", async () => {
      const message = waba.text('6281200', 'kept?');
      const refuse = holdBack(message.id);
      const answer = post(message);
      await refuse();
      expect((await answer).status).toBe(503);
    });

    it("Meta's answer waits until the broker has every part of the delivery", async () => {
      const [one, two] = [waba.text('6281200', 'kept'), waba.text('6281300', 'kept?')];
      const refuse = holdBack(two.id, notArchive);
      const answer = post(one, two);
      await placeOf('m.wamid', one.id);
      await refuse();
      expect((await answer).status).toBe(503);
    });
  });

  describe('at the broker', () => {
    const inbound = (): Delivery => ({
      body: Buffer.from(JSON.stringify(delivery(change(sender, { messages: [waba.text('6281200', 'x')] })))),
      headers: writeHeaders({ deliveryId: uuidv7(), receivedAt: new Date(), item: null }),
      queue: 'inbound',
      redelivered: false,
    });

    it('the ack of a delivery waits for its commit', async () => {
      const away = Object.assign(new Error('the database is away'), { transient: true });
      jest.spyOn(waba.get(InboundService), 'store').mockRejectedValueOnce(away);
      await expect(waba.get(WebhookConsumer).handle([inbound()])).rejects.toThrow('the database is away');
    });

    it('the ack of a delivery waits for the confirm of its events', async () => {
      const away = new NotPublishedError('The broker refused the message.');
      jest.spyOn(waba.get(StreamPublisher), 'publish').mockRejectedValueOnce(away);
      const { settled } = await waba.get(WebhookConsumer).handle([inbound()]);
      await expect(settled).rejects.toThrow('The broker refused the message.');
    });
  });

  describe('on the way out', () => {
    const claim = async (claimant: string, ids = [conversationId]) => {
      const claims = await waba.get(DispatchService).claim(ids, claimant);
      return claims.map((c) => c?.id ?? null);
    };
    beforeEach(() => {
      jest.spyOn(waba.get(Dispatcher), 'wake').mockImplementation(() => undefined);
    });

    it('a message waits for the older one that is on its way', async () => {
      const first = await send('first');
      await send('second');
      expect(await claim('one')).toEqual([first.id]);
      expect(await claim('one')).toEqual([null]);
    });

    it('a claimant waits for another one, and gets nothing', async () => {
      const { id } = await send('mine alone');
      const claims = await Promise.all(['one', 'two', 'three'].map((claimant) => claim(claimant)));
      expect(claims.flat().filter(Boolean)).toEqual([id]);
    });

    it('a conversation that is asked for twice at once gives its message once', async () => {
      const { id } = await send('mine alone');
      expect(await claim('one', [conversationId, conversationId])).toEqual([id, null]);
    });
  });
});

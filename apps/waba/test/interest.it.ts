import {
  advanceKey,
  conversationChanged,
  placesOf,
  routingKey,
  streamAdvanced,
  type ConversationEvent,
  type Place,
} from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { connect, type ChannelModel } from 'amqplib';
import { change, delivery, WabaHarness } from './harness';

describe('changes that are routed by interest', () => {
  let waba: WabaHarness;
  let connection: ChannelModel;

  beforeAll(async () => {
    waba = await WabaHarness.start({ REALTIME_ROUTING: 'interest' });
    connection = await connect(waba.broker.url);
  });
  afterAll(async () => {
    await connection.close();
    await waba.stop();
  });

  /** A pod whose queue is bound to these keys. */
  async function pod(...keys: string[]) {
    const heard = { events: [] as ConversationEvent[], places: [] as Place[] };
    const channel = await connection.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    for (const key of keys) await channel.bindQueue(queue, waba.broker.names.exchange.interest, key);
    const take = (told: object) => {
      if ('places' in told) heard.places.push(...placesOf(streamAdvanced.payload.parse(told)));
      else heard.events.push(...conversationChanged.payload.parse(told).events);
    };
    await channel.consume(queue, (m) => m && take(JSON.parse(m.content.toString()) as object), {
      noAck: true,
    });
    return heard;
  }

  it('reach the pods that show them once each, and the tenant’s other pods as places in the stream', async () => {
    const sender = await waba.addSender();
    const key = (name: string) => routingKey(sender.tenantId, name);
    const showing = await pod(key('all'), key(`team:${sender.teamId}`), key(`pool:${sender.teamId}`));
    const other = await pod(advanceKey(sender.tenantId), key('team:other'));
    const stranger = await pod('another tenant');
    const texts = Array.from({ length: 30 }, (_, n) => waba.text('15550100001', `message ${n}`));
    for (const text of texts) {
      const response = await waba.deliver(delivery(change(sender, { messages: [text] })));
      expect(response.status).toBe(200);
    }
    await eventually(() => expect([showing.events.length, other.places.length]).toEqual([30, 30]));
    expect(showing.events.map((e) => e.data.message?.wamid)).toEqual(texts.map((t) => t.id));
    expect(showing.events.map((e) => e.position)).toEqual(texts.map((_, n) => n + 1));
    expect(other.places).toEqual(showing.events.map(({ position, audience }) => ({ position, audience })));
    expect([showing.places, other.events, stranger]).toEqual([[], [], { events: [], places: [] }]);
  });
});

import { eventually } from '@scrm/testing';
import type { GetMessage } from 'amqplib';
import { blockedFrame, Stage, UNBLOCKED_FRAME, type Pod } from './harness';

const body = Buffer.from('{}');
/** At once, that is: what nobody reports is given up after seconds, in other words. */
const LOST = /was lost before the confirm|refused the message/;

describe('publishing', () => {
  let stage: Stage;
  let pod: Pod;
  let exchange: string;
  let queue: string;

  beforeEach(async () => {
    stage = await Stage.open();
    pod = await stage.podBehindNetwork();
    ({ webhook: exchange } = stage.broker.names.exchange);
    queue = stage.broker.names.archiveQueue;
    await isReady();
  });
  afterEach(() => stage.close());

  const isReady = (within = 10_000) =>
    eventually(async () => expect(await pod.health.readiness()).toMatchObject({ ready: true }), { within });
  const publish = (key = queue, options = {}) => pod.publisher.publish(exchange, key, body, options);

  it('is confirmed when the message is in its queue', async () => {
    await publish(queue, { type: 'kept', headers: { attempt: 1 } });
    const message = await stage.admin.get(queue, { noAck: true });
    expect(message).toMatchObject({
      content: body,
      properties: { type: 'kept', deliveryMode: 2, headers: { attempt: 1 } },
    });
  });

  it('goes to several keys: one copy for a queue, which does not learn of the others', async () => {
    const other = `${stage.broker.namespace}.other`;
    await stage.admin.assertQueue(other, { exclusive: true });
    for (const key of ['a', 'b']) await stage.admin.bindQueue(other, exchange, key);
    await publish('a', { alsoTo: ['b', queue] });
    for (const from of [other, queue]) {
      const message = (await stage.admin.get(from, { noAck: true })) as GetMessage;
      const { headers, left } = { headers: message.properties.headers, left: message.fields.messageCount };
      expect([left, JSON.stringify(headers)]).toEqual([0, expect.not.stringMatching(/CC/) as unknown]);
    }
  });

  it('carries what is larger than a frame, whole', async () => {
    const large = Buffer.from(Array.from({ length: 300_000 }, (_, n) => String(n % 7)).join(''));
    await pod.publisher.publish(exchange, queue, large);
    const message = (await stage.admin.get(queue, { noAck: true })) as GetMessage;
    expect(message.content.equals(large)).toBe(true);
  });

  it('confirms many at a time, in the order in which they were given', async () => {
    const numbers = Array.from({ length: 500 }, (_, n) => String(n));
    await Promise.all(numbers.map((n) => pod.publisher.publish(exchange, queue, Buffer.from(n))));
    const received: string[] = [];
    for (let message; (message = await stage.admin.get(queue, { noAck: true }));)
      received.push(message.content.toString());
    expect(received).toEqual(numbers);
  });

  it('fails for what no queue takes, if that matters', async () => {
    await expect(publish('nowhere', { mandatory: true })).rejects.toThrow('No queue takes the message.');
    await expect(publish('nowhere')).resolves.toBeUndefined();
    await expect(publish(queue, { mandatory: true })).resolves.toBeUndefined();
  });

  it('fails where the queue is full', async () => {
    const full = `${stage.broker.namespace}.full`;
    await stage.admin.assertQueue(full, {
      exclusive: true,
      arguments: { 'x-max-length': 2, 'x-overflow': 'reject-publish' },
    });
    await stage.admin.bindQueue(full, exchange, full);
    await publish(full);
    await publish(full);
    await expect(publish(full)).rejects.toThrow('The broker refused the message.');
  });

  it('fails for an exchange that is not there, and goes on after it', async () => {
    await expect(pod.publisher.publish('nowhere', queue, body)).rejects.toThrow(LOST);
    await isReady();
    await expect(publish()).resolves.toBeUndefined();
  });

  it('fails everything that was not confirmed when the connection is lost, and works again after', async () => {
    stage.network.freeze();
    const waiting = Array.from({ length: 20 }, () => publish());
    const outcome = Promise.allSettled(waiting);
    stage.network.cut();
    const lost = expect.objectContaining({ message: expect.stringMatching(LOST) as unknown }) as unknown;
    for (const result of await outcome) {
      expect(result).toMatchObject({ status: 'rejected', reason: lost });
    }
    await isReady();
    await expect(publish()).resolves.toBeUndefined();
  });

  it('fails at once while there is no connection, and the service is not ready', async () => {
    stage.network.refuse();
    await eventually(() => expect(publish()).rejects.toThrow('The broker is not connected.'));
    const { ready, checks } = await pod.health.readiness();
    expect([ready, checks.broker, checks.publisher]).toEqual([false, 'not connected', 'no channel']);
    stage.network.accept();
    await isReady();
  });

  it('refuses at once while the broker takes nothing, and the service is not ready', async () => {
    stage.network.tell(blockedFrame('low on disk'));
    await eventually(() => expect(publish()).rejects.toThrow('The broker takes nothing now.'));
    expect((await pod.health.readiness()).checks.publisher).toBe('blocked by the broker');
    stage.network.tell(UNBLOCKED_FRAME);
    await isReady();
    await expect(publish()).resolves.toBeUndefined();
  });

  it('is not blocked any more by a broker that it lost', async () => {
    stage.network.tell(blockedFrame('low on memory'));
    await eventually(() => expect(publish()).rejects.toThrow('The broker takes nothing now.'));
    stage.network.cut();
    await isReady();
    await expect(publish()).resolves.toBeUndefined();
  });

  it('comes back after a broker that took the connection and said nothing', async () => {
    stage.network.swallow();
    stage.network.cut();
    await eventually(async () => expect((await pod.health.readiness()).checks.broker).toBe('not connected'));
    // A connection was tried meanwhile, and it stays silent for ever.
    await eventually(() => expect(stage.network.swallowed).toBeGreaterThan(0));
    stage.network.accept();
    await isReady(15_000);
    await expect(publish()).resolves.toBeUndefined();
  });

  it('refuses instead of hoarding when the broker is behind: by count, and by bytes', async () => {
    stage.network.freeze();
    const large = Buffer.alloc(1024 * 1024);
    const hoarded = Array.from({ length: 64 }, () => pod.publisher.publish(exchange, queue, large));
    await expect(publish()).rejects.toThrow('Too many messages wait for the broker.');
    stage.network.cut();
    await Promise.allSettled(hoarded);
    await isReady();
    // Nothing is kept of what was given up.
    await expect(publish()).resolves.toBeUndefined();
    stage.network.freeze();
    const many = Array.from({ length: 20_000 }, () => publish());
    await expect(publish()).rejects.toThrow('Too many messages wait for the broker.');
    stage.network.cut();
    expect((await Promise.allSettled(many)).filter(({ status }) => status === 'fulfilled')).toEqual([]);
  });

  it('does not wait for ever for a broker that says nothing', async () => {
    stage.network.freeze();
    await expect(publish()).rejects.toThrow('The broker did not confirm in time.');
    await pod.stop();
  });
});

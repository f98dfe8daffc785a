import { streamHeads } from '@scrm/contracts';
import { eventually, standStill } from '@scrm/testing';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Stage, type Pod } from './harness';

/** Answers questions in a thread of its own, which goes on while this one stands still. */
const ANSWERER = `
  const { parentPort, workerData: { url, queue } } = require('node:worker_threads');
  (async () => {
    const channel = await (await require('amqplib').connect(url)).createChannel();
    await channel.assertQueue(queue, { autoDelete: true });
    await channel.consume(queue, ({ properties: { replyTo, correlationId } }) => {
      parentPort.postMessage('asked');
      const answer = Buffer.from(JSON.stringify({ response: { heads: [] } }));
      setTimeout(() => channel.sendToQueue(replyTo, answer, { correlationId }), 300);
    }, { noAck: true });
    parentPort.postMessage('ready');
  })();
`;

describe('a process that stood still', () => {
  let stage: Stage;
  let pod: Pod;

  beforeEach(async () => {
    stage = await Stage.open();
    pod = await stage.pod();
    await eventually(async () => expect((await pod.health.readiness()).ready).toBe(true));
  });
  afterEach(() => stage.close());

  it('reads the answer that came meanwhile, though its patience is over', async () => {
    const { names, url } = stage.broker;
    const workerData = { url, queue: names.rpcQueue('waba') };
    const answerer = new Worker(ANSWERER, { eval: true, workerData });
    stage.later(() => answerer.terminate());
    await once(answerer, 'message');
    // The first question opens the channel.
    await pod.rpc.call(streamHeads, { tenantIds: [] });
    const asked = once(answerer, 'message');
    const answer = pod.rpc.call(streamHeads, { tenantIds: [] }, { timeoutMs: 1_000 });
    await asked;
    standStill(1_500);
    await expect(answer).resolves.toEqual({ heads: [] });
  });

  it('reads the confirms that came meanwhile', async () => {
    const published = pod.publisher.publish('', stage.broker.names.archiveQueue, Buffer.from('{}'));
    // It leaves within a few turns.
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    standStill(5_500);
    await expect(published).resolves.toBeUndefined();
  });
});

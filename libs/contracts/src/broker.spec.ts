import fc from 'fast-check';
import { brokerNames, INBOUND_PARTITIONS, partitionOf } from './broker';
import { defineEvent, defineRpc, ownerOf } from './contract';
import { ERRORS, isErrorCode } from './errors';
import { z } from 'zod';

describe('the partition of a key', () => {
  // Other versions of this code run at the same time: a key that moved would be worked on in two places.
  it.each([
    ['', 5],
    ['106540352242922:15550100001', 6],
    ['106540352242922:US.13491208655302741918', 5],
    ['0193a5c2-7e11-7abc-8def-012345678901', 1],
    ['ключ', 1],
  ])('of %j is %i, today and always', (key, partition) => {
    expect(partitionOf(key, 8)).toBe(partition);
  });

  it('is always one of them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 1_000 }), (key, count) => {
        const partition = partitionOf(key, count);
        expect(Number.isInteger(partition) && partition >= 0 && partition < count).toBe(true);
      }),
    );
  });

  it.each(['customers of one sender', 'senders with one customer'])('spreads %s evenly', (what) => {
    const counts = new Array<number>(INBOUND_PARTITIONS).fill(0);
    for (let n = 0; n < 8_000; n++) {
      const number = String(15_550_100_000 + n);
      const key = what.startsWith('customers') ? `106540352242922:${number}` : `${number}:15550100001`;
      counts[partitionOf(key, INBOUND_PARTITIONS)]!++;
    }
    // A thousand each, give or take what chance would.
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });
});

describe('the names on the broker', () => {
  it('share a namespace, so that two systems on one broker never meet', () => {
    const { exchange, archiveQueue, ...queues } = brokerNames('other');
    const names = [
      ...Object.values(exchange),
      archiveQueue,
      queues.inboundQueue(0),
      queues.outboundQueue(0),
      queues.rpcQueue('user'),
      queues.realtimeQueue('pod'),
    ];
    expect(names.filter((name) => !name.startsWith('other.'))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('a contract', () => {
  it.each(['user.session.create', 'session.create.v1', 'waba.Message.send.v1', 'waba.message.send.v0', ''])(
    'cannot be called %j',
    (key) => {
      expect(() => defineRpc(key, z.object({}), z.object({}))).toThrow(key);
      expect(() => defineEvent(key, z.object({}))).toThrow(key);
    },
  );

  it('belongs to the first part of its key', () => {
    expect(ownerOf(defineEvent('waba.webhook-delivery.kept.v12', z.object({})))).toBe('waba');
  });
});

describe('an error code', () => {
  it('is one of the table, and not what every object has', () => {
    expect(Object.keys(ERRORS).every(isErrorCode)).toBe(true);
    expect(['toString', '__proto__', 'constructor', '', null, 404].filter(isErrorCode)).toEqual([]);
  });
});

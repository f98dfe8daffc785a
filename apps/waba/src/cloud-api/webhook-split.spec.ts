import { INBOUND_PARTITIONS, partitionOf } from '@scrm/contracts';
import fc from 'fast-check';
import { delivery, deliveries, NUMBER, parseTexts } from '../../test/webhook-fixtures';
import { orderingKey, type InboundItem } from './webhook-parser';
import { splitDelivery } from './webhook-split';

type Json = Record<string, unknown>;
const split = (json: unknown) =>
  splitDelivery(Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)));
const partsOf = (json: unknown) => {
  const result = split(json);
  if (result.kind !== 'parts') throw new Error(`it is ${result.kind}`);
  return result.parts;
};
const text = (n: number, over: Json = {}) => ({
  from: `62${n}`,
  from_user_id: `ID.${n}`,
  id: `wamid.${n}`,
  timestamp: '1763800000',
  type: 'text',
  text: { body: 'Hi' },
  ...over,
});
const contact = (n: number) => ({ wa_id: `62${n}`, user_id: `ID.${n}`, profile: { name: `n${n}` } });
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

/** In the order of their places, without what the clock gave. */
const plain = (items: InboundItem[]) => items.map((i) => JSON.stringify({ ...i, occurredAt: undefined }));

describe('a delivery that is cut', () => {
  it('gives the same items as the whole one', () => {
    fc.assert(
      fc.property(deliveries, (d) => {
        const result = split(d);
        if (result.kind === 'not-json') throw new Error('it is JSON');
        const parsed =
          result.kind === 'whole' ? parseTexts(d) : result.parts.flatMap((p) => parseTexts(p.body));
        expect(plain(parsed)).toEqual(plain(parseTexts(d)));
      }),
      { numRuns: 500 },
    );
  });

  it('has one item in each part, and all of a customer in the same partition and in order', () => {
    fc.assert(
      fc.property(deliveries, (d) => {
        const result = split(d);
        if (result.kind !== 'parts') return;
        const queues = new Map<number, string[]>();
        for (const { partition, body } of result.parts) {
          const items = parseTexts(body);
          expect(items).toHaveLength(1);
          queues.set(partition, [...(queues.get(partition) ?? []), ...plain(items)]);
        }
        const whole = plain(parseTexts(d));
        // Equal items stand for each other: each is looked for after the one before it.
        for (const queue of queues.values()) {
          let at = -1;
          for (const item of queue) expect((at = whole.indexOf(item, at + 1))).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has what a customer writes and the statuses of what we wrote to them in one partition', () => {
    for (const n of numbers(50)) {
      const status = { id: 's', status: 'read', recipient_id: `62${n}`, recipient_user_id: `ID.${n}` };
      const [a, b] = partsOf(delivery({ messages: [text(n)], statuses: [status] }));
      expect(a!.partition).toBe(b!.partition);
      expect(a!.partition).toBe(partitionOf(orderingKey(NUMBER, text(n)), INBOUND_PARTITIONS));
    }
  });

  it('uses every partition', () => {
    const parts = partsOf(delivery({ messages: numbers(200).map((n) => text(n)) }));
    expect(new Set(parts.map((p) => p.partition)).size).toBe(INBOUND_PARTITIONS);
  });

  it('has small parts: each item with its own contact, and nothing copied a thousand times', () => {
    const big = delivery({
      contacts: numbers(1_000).map(contact),
      messages: numbers(1_000).map((n) => text(n)),
      something_new: 'x'.repeat(500_000),
    });
    const parts = partsOf(big);
    expect(parts).toHaveLength(1_001);
    const total = parts.reduce((sum, p) => sum + p.body.length, 0);
    expect(total).toBeLessThan(2 * JSON.stringify(big).length);
    expect(JSON.parse(parts[7]!.body.toString())).toMatchObject({
      entry: [{ changes: [{ value: { contacts: [contact(7)], messages: [text(7)] } }] }],
    });
  });

  it('is cut in less than 100 ms, with a thousand items', () => {
    const body = Buffer.from(
      JSON.stringify(
        delivery({ contacts: numbers(1_000).map(contact), messages: numbers(1_000).map((n) => text(n)) }),
      ),
    );
    // The best of several: the machine may be busy with other things.
    const times = numbers(10).map(() => {
      const start = performance.now();
      splitDelivery(body);
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(100);
  });

  it('is not cut inside an update that is one: calls and history have lists of the same names', () => {
    for (const field of ['calls', 'history', 'smb_message_echoes']) {
      expect(split(delivery({ messages: [text(1), text(2)], statuses: [{ id: 'a' }] }, field)).kind).toBe(
        'whole',
      );
    }
  });
});

describe('a delivery that is not cut', () => {
  it('has one item, and goes where its customer goes', () => {
    expect(split(delivery({ contacts: [contact(1)], messages: [text(1)] }))).toEqual({
      kind: 'whole',
      partition: partitionOf(`${NUMBER}:ID.1`, INBOUND_PARTITIONS),
    });
  });

  it.each([{}, [], null, 5, { entry: [] }, { entry: 'x' }, { entry: [{}] }])('is odd: %j', (odd) => {
    expect(split(odd)).toEqual({ kind: 'whole', partition: 0 });
  });

  it('is nested so deep that it cannot be written again', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(split(`{"entry":[${deep},${deep}]}`)).toEqual({ kind: 'whole', partition: 0 });
  });

  it.each(['', 'x', '{', '\0', '{"a":1}{"b":2}', '\ufeff{}'])('is not JSON: %j', (body) => {
    expect(split(body)).toEqual({ kind: 'not-json' });
  });
});

it('cuts any bytes without an error', () => {
  const bytes = fc.uint8Array().map((b) => Buffer.from(b));
  const json = fc.json().map((j) => Buffer.from(j));
  fc.assert(fc.property(fc.oneof(bytes, json), (body) => typeof splitDelivery(body).kind === 'string'));
  expect(split(delivery({ messages: [{ from: { toString: 1, valueOf: 1 } }, {}] })).kind).toBe('parts');
});

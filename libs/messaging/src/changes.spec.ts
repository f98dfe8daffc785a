import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { conversationChanged, type EventPayload } from '@scrm/contracts';
import { readChanges, writeChanges, type ReadChanges } from './changes';

type Changes = EventPayload<typeof conversationChanged>;

const golden = JSON.parse(
  readFileSync(join(__dirname, '../../contracts/golden/waba.conversation.changed.v1.json'), 'utf8'),
) as { payload: Changes };
const [example] = golden.payload.events;

const written = ({ events, ...changes }: Changes) =>
  writeChanges({ ...changes, events: events.map((e) => ({ ...e, data: JSON.stringify(e.data) })) });
const takenApart = ({ events, ...changes }: ReadChanges) => ({
  ...changes,
  events: events.map(({ data, ...head }) => ({
    ...head,
    data: Buffer.isBuffer(data) ? (JSON.parse(data.toString()) as unknown) : data,
  })),
});

/** Whatever customers write: line breaks, quotes, braces, other scripts. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('a\nb', '"},\n{"', '\u2028', '\\n', '😀\n'),
);
const changes: fc.Arbitrary<Changes> = fc
  .array(fc.record({ text, traceId: text, type: text }), { minLength: 1, maxLength: 5 })
  .map((drafts) => ({
    ...golden.payload,
    events: drafts.map(({ text: body, traceId }, i) => ({
      ...example!,
      position: i + 1,
      traceId,
      data: { ...example!.data, message: { ...example!.data.message!, content: { body } } },
    })),
  }));

describe('changes on the broker', () => {
  it('are read as they were written, and what an event shows is the bytes that were written', () => {
    fc.assert(
      fc.property(changes, (all) => {
        const read = readChanges(written(all));
        expect(read.events.map(({ data }) => String(data))).toEqual(
          all.events.map((e) => JSON.stringify(e.data)),
        );
        expect(takenApart(read)).toEqual(all);
      }),
    );
  });

  it('are the JSON that the contract names, for whoever takes all of it apart', () => {
    fc.assert(fc.property(changes, (all) => expect(JSON.parse(written(all).toString())).toEqual(all)));
    expect(conversationChanged.payload.parse(JSON.parse(written(golden.payload).toString()))).toEqual(
      golden.payload,
    );
  });

  it('are understood where somebody else wrote the JSON', () => {
    expect(readChanges(Buffer.from(JSON.stringify(golden.payload)))).toEqual(golden.payload);
  });

  it.each(['', '{', '{"tenantId":"t"', '{"tenantId":"t","events":[\n{"position":1,"data":'])(
    'are refused where there is only a part of them: %j',
    (part) => expect(() => readChanges(Buffer.from(part))).toThrow(SyntaxError),
  );
});

import type { conversationChanged, ConversationEvent, EventPayload } from '@scrm/contracts';
import { bytesOf } from '@scrm/platform';

/** An event without what it shows. */
type EventHead = Omit<ConversationEvent, 'data'>;

/** An event with what it shows in JSON: it is written once, for the history, the broker and the screens. */
export type WrittenEvent = EventHead & { data: string };

/** As it comes from the broker: what it shows is as it was written, or taken apart where a publisher wrote it otherwise. */
export type ReadEvent = EventHead & { data: Buffer | ConversationEvent['data'] };

type Changes = EventPayload<typeof conversationChanged>;
export type WrittenChanges = Omit<Changes, 'events'> & { events: WrittenEvent[] };
export type ReadChanges = Omit<Changes, 'events'> & { events: ReadEvent[] };

const NEWLINE = 10;

/** The JSON of an object whose last field, `data`, is JSON already: that and a brace follow. */
export const beforeData = (head: object): string => `${JSON.stringify(head).slice(0, -1)},"data":`;

/**
 * The changes as JSON, with line breaks where they tell a pod what it need not take apart: before the first event, and
 * before and behind what each event shows. In JSON without white space there are no others.
 */
export function writeChanges({ tenantId, epoch, events }: WrittenChanges): Buffer {
  const written = events.flatMap(({ data, ...head }, i) => [
    `${i === 0 ? '' : ','}${beforeData(head)}\n`,
    data,
    '\n}',
  ]);
  return bytesOf([`${JSON.stringify({ tenantId, epoch }).slice(0, -1)},"events":[\n`, ...written, ']}']);
}

/**
 * Takes apart what {@link writeChanges} wrote, but for what the events show: that is the bytes in which it came. JSON
 * without line breaks, by whoever wrote it, is taken apart as a whole. Nothing is checked against the contract.
 *
 * @throws SyntaxError where it is neither
 */
export function readChanges(body: Buffer): ReadChanges {
  let at = body.indexOf(NEWLINE);
  if (at < 0) return JSON.parse(body.toString()) as Changes;
  const { tenantId, epoch } = JSON.parse(`${body.toString('utf8', 0, at)}]}`) as Changes;
  const events: ReadEvent[] = [];
  // Behind what an event shows come a brace and either a comma and the next one, or the end.
  for (at += 1; at < body.length - 1;) {
    const dataAt = body.indexOf(NEWLINE, at) + 1;
    const dataEnd = body.indexOf(NEWLINE, dataAt);
    if (dataAt === 0 || dataEnd < 0) throw new SyntaxError('an event is cut off');
    const head = JSON.parse(`${body.toString('utf8', at, dataAt)}0}`) as ReadEvent;
    head.data = body.subarray(dataAt, dataEnd);
    events.push(head);
    at = dataEnd + 3;
  }
  return { tenantId, epoch, events };
}

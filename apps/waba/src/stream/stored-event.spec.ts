import type { ConversationEvent } from '@scrm/contracts';
import fc from 'fast-check';
import { toEvents, toStore, type StoredEvent } from './stored-event';
import type { PendingEvent } from './timeline.statement';

const AT = new Date('2026-12-01T08:00:00.000Z');
const audience = fc.record({
  senderId: fc.uuid(),
  teamId: fc.option(fc.uuid()),
  assigneeId: fc.option(fc.uuid()),
});
const event: fc.Arbitrary<PendingEvent> = fc
  .record({
    conversationId: fc.uuid(),
    seq: fc.nat(),
    audience,
    previousAudience: fc.option(audience, { nil: undefined }),
    body: fc.string({ unit: 'grapheme' }),
  })
  .map(({ body, previousAudience, ...rest }) => ({
    tenantId: 'tenant',
    type: 'message.received' as const,
    ...rest,
    ...(previousAudience && { previousAudience }),
    occurredAt: AT.toISOString(),
    data: JSON.stringify({ conversation: { body } }),
  }));

/** What the database makes of them where the tenant's head is then `head`, as {@link toEvents} is given all of it. */
function rowsOf(events: PendingEvent[], most: number, head: number): StoredEvent[] {
  let last: number | null = null;
  const stored = toStore(events, AT, most);
  return stored.map(({ event: e, behind, at, bundledBehind }) => {
    const bundled_at = bundledBehind === null ? null : head - bundledBehind;
    const isFirst = bundled_at !== null && bundled_at !== last;
    last = bundled_at;
    const carrier = stored.find((s) => head - s.behind === bundled_at);
    const alone = bundled_at === null;
    return {
      tenant_id: e.tenantId,
      position: head - behind,
      conversation_id: e.conversationId,
      seq: e.seq,
      type: e.type,
      occurred_at: at,
      audience: alone ? e.audience : null,
      previous_audience: alone ? (e.previousAudience ?? null) : null,
      data: alone ? (JSON.parse(e.data) as ConversationEvent['data']) : null,
      bundled_at,
      bundle: isFirst ? carrier!.bundle : null,
    };
  });
}

it('is read as it was written, in bundles of any size and alone', () => {
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 30 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 30, max: 1e9 }),
      (events, most, head) => {
        const read = toEvents(rowsOf(events, most, head));
        expect(read).toEqual(
          events.map(({ tenantId: _, ...e }, i) => ({
            ...e,
            data: JSON.parse(e.data) as unknown,
            position: head - events.length + i + 1,
          })),
        );
      },
    ),
  );
});

it.each([
  [3, 100, [0, 0, 0], 0],
  [4, 100, [4, 4, 4, 4], 1],
  [9, 5, [5, 5, 5, 5, 5, 9, 9, 9, 9], 2],
  [7, 5, [5, 5, 5, 5, 5, 0, 0], 1],
  [9, 1, Array<number>(9).fill(0), 0],
  [9, 3, Array<number>(9).fill(0), 0],
])(
  '%i events, at most %i together, are carried by the last of each bundle',
  (count, most, carriedBy, bundles) => {
    const events = fc.sample(event, count);
    const stored = toStore(events, AT, most);
    expect(stored.map((s) => (s.bundledBehind === null ? 0 : count - s.bundledBehind))).toEqual(carriedBy);
    expect(stored.filter((s) => s.bundle).length).toBe(bundles);
  },
);

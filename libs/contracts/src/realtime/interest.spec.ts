import fc from 'fast-check';
import { canSee, ROLES, scopeOf, type Principal } from '../access';
import { streamAdvanced } from '../event/stream-advanced';
import { advanceOf, keysOfPlace, keysOfViewer, partsByInterest, placesOf, type Place } from './interest';

const id = (n: number) => `0193a5c2-7e11-7abc-8def-${String(n).padStart(12, '0')}`;
const someone = fc.constantFrom(id(1), id(2), id(3));
const audience = fc.record({
  teamId: fc.option(fc.constantFrom(id(11), id(12), id(13))),
  assigneeId: fc.option(someone),
});
const principal = fc.record({
  agentId: someone,
  role: fc.constantFrom(...ROLES),
  teamIds: fc.subarray([id(11), id(12), id(13)]),
});
const places = fc
  .array(fc.record({ audience, previousAudience: audience }, { requiredKeys: ['audience'] }), {
    minLength: 1,
    maxLength: 30,
  })
  .map((all) => all.map((place, i): Place => ({ position: 10 + 2 * i, ...place })));

describe('the keys of interest', () => {
  it('lead everything to whoever can see it, and of the rest little', () => {
    fc.assert(
      fc.property(principal, places, (who, all) => {
        const viewer = { ...who, tenantId: id(0), sessionId: id(0), expiresAt: 0 } as Principal;
        const scope = scopeOf(viewer, 'conversation.read')!;
        const wanted = keysOfViewer(viewer, scope);
        for (const place of all) {
          const audiences = [place.audience, ...(place.previousAudience ? [place.previousAudience] : [])];
          const sees = audiences.some((a) => canSee(viewer, scope, a));
          expect(keysOfPlace(place).some((key) => wanted.includes(key))).toBe(sees);
        }
      }),
    );
  });

  it('part the changes of a transaction without losing, doubling or turning round any', () => {
    fc.assert(
      fc.property(places, (all) => {
        const changes = { tenantId: id(0), epoch: 'e', events: all };
        const parts = partsByInterest(changes);
        expect(parts.flatMap((p) => p.changes.events).sort(byPosition)).toEqual(all);
        for (const { keys, changes: part } of parts) {
          expect(part.events).toEqual([...part.events].sort(byPosition));
          const needed = part.events.flatMap(keysOfPlace).map((k) => `${id(0)}.${k}`);
          expect([...keys].sort()).toEqual([...new Set(needed)].sort());
        }
        expect(parts).toHaveLength(1);
      }),
    );
  });

  it('fit into the header of a message, and those of a team go together', () => {
    const events = Array.from({ length: 100 }, (_, n) => ({
      position: n + 1,
      audience: { teamId: id(n % 4), assigneeId: id(100 + n) },
    }));
    const parts = partsByInterest({ tenantId: id(0), epoch: 'e', events: events });
    expect(parts.map((p) => p.keys.length <= 40)).toEqual([true, true, true]);
    expect(parts.flatMap((p) => p.changes.events).sort(byPosition)).toEqual(events);
    const teams = parts.map((p) => new Set(p.changes.events.map((e) => e.audience.teamId)).size);
    expect(teams).toEqual([2, 2, 2]);
  });
});

const byPosition = (a: Place, b: Place) => a.position - b.position;

describe('that a stream went on', () => {
  it('is told with who can see what lies there', () => {
    fc.assert(
      fc.property(places, (all) => {
        const told = advanceOf(id(0), 'e', all);
        expect(streamAdvanced.payload.parse(told)).toEqual(told);
        expect(placesOf(told)).toEqual(all);
      }),
    );
  });

  it('takes less than 60 bytes a place', () => {
    const all = Array.from({ length: 100 }, (_, n) => ({
      position: 1_000_000 + n,
      audience: { teamId: id(n % 5), assigneeId: id(100 + (n % 50)) },
    }));
    expect(JSON.stringify(advanceOf(id(0), 'epoch', all)).length / 100).toBeLessThan(60);
  });

  it('cannot be read where an audience is missing', () => {
    expect(() => placesOf({ tenantId: id(0), epoch: 'e', audiences: [], places: [[1, 0]] })).toThrow(
      TypeError,
    );
  });
});

import { ROLES, scopeOf } from '@scrm/contracts';
import fc from 'fast-check';
import { audience, conversationEvent, principal } from '../../test/model/fixtures';
import { AudienceIndex, sees, type Viewer } from './audience-index';

const team = fc.constantFrom(1, 2, 3, null);
const agent = fc.constantFrom(1, 2, 3, 4, null);
const someAudience = fc.tuple(team, agent).map(([t, a]) => audience(t, a));
const viewers = fc.array(
  fc.tuple(fc.constantFrom(...ROLES), fc.subarray([1, 2, 3])).map(([role, teams]) => ({ role, teams })),
  { minLength: 4, maxLength: 4 },
);

function viewer(role: (typeof ROLES)[number], n: number, teams: number[]): Viewer {
  const who = principal(role, n, teams);
  return { principal: who, scope: scopeOf(who, 'conversation.read')! };
}

describe('the index of viewers', () => {
  it('finds exactly those who see the event', () => {
    fc.assert(
      fc.property(viewers, someAudience, fc.option(someAudience), (drafts, now, before) => {
        const index = new AudienceIndex<Viewer>();
        const all = drafts.map(({ role, teams }, i) => viewer(role, i + 1, teams));
        for (const v of all) index.add(v);
        const event = conversationEvent({
          position: 1,
          audience: now,
          ...(before && { previousAudience: before }),
        });
        const found = new Set<Viewer>();
        index.forEachSeeing(event, (v) => found.add(v));
        const names = (some: Iterable<Viewer>) => [...some].map((v) => v.principal.agentId).sort();
        expect(names(found)).toEqual(names(all.filter((v) => sees(v, event))));
      }),
    );
  });

  it('forgets a viewer under all its keys, and files one again that changed', () => {
    const index = new AudienceIndex<{ -readonly [K in keyof Viewer]: Viewer[K] }>();
    const someone = { ...viewer('leader', 1, [1, 2]) };
    index.add(someone);
    const inTeam = (n: number) => conversationEvent({ position: 1, audience: audience(n, 9) });
    const found = (n: number) => {
      let count = 0;
      index.forEachSeeing(inTeam(n), () => count++);
      return count;
    };
    expect([found(1), found(2), found(3)]).toEqual([1, 1, 0]);
    someone.principal = principal('leader', 1, [3]);
    index.add(someone);
    expect([found(1), found(2), found(3), index.size]).toEqual([0, 0, 1, 1]);
    index.delete(someone);
    expect([found(3), index.size]).toEqual([0, 0]);
  });
});

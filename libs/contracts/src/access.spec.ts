import fc from 'fast-check';
import {
  canSee,
  PERMISSIONS,
  ROLE_GRANTS,
  ROLES,
  SCOPES,
  scopeOf,
  type Audience,
  type Principal,
} from './access';

const id = (n: number) => `0193a5c2-7e10-7abc-8def-${String(n).padStart(12, '0')}`;
const ME = id(1);
const OTHER = id(2);
const MY_TEAM = id(3);
const OTHER_TEAM = id(4);

const me = (teamIds = [MY_TEAM], role: Principal['role'] = 'agent'): Principal => ({
  agentId: ME,
  tenantId: id(9),
  role,
  teamIds,
  sessionId: id(8),
  agentVersion: 1,
  tenantVersion: 1,
  expiresAt: 2_000_000_000,
});

describe('who sees a conversation', () => {
  // prettier-ignore
  it.each([
    // team        assignee   own    team
    [MY_TEAM,      null,      true,  true],
    [MY_TEAM,      ME,        true,  true],
    [MY_TEAM,      OTHER,     false, true],
    [OTHER_TEAM,   null,      false, false],
    [OTHER_TEAM,   ME,        true,  true],
    [OTHER_TEAM,   OTHER,     false, false],
    [null,         null,      false, false],
    [null,         ME,        true,  true],
    [null,         OTHER,     false, false],
  ])('team %s, assigned to %s: own %s, team %s', (teamId, assigneeId, own, team) => {
    const audience: Audience = { teamId, assigneeId };
    expect([canSee(me(), 'own', audience), canSee(me(), 'team', audience)]).toEqual([own, team]);
    expect(canSee(me(), 'all', audience)).toBe(true);
  });

  it('whoever is in no team does not share the conversations without one', () => {
    expect(canSee(me([]), 'team', { teamId: null, assigneeId: null })).toBe(false);
  });

  const someId = fc.integer({ min: 1, max: 6 }).map(id);
  const audiences = fc.record({
    teamId: fc.option(someId, { nil: null }),
    assigneeId: fc.option(someId, { nil: null }),
  });
  const people = fc
    .record({ agentId: someId, teamIds: fc.uniqueArray(someId), role: fc.constantFrom(...ROLES) })
    .map((some) => ({ ...me(), ...some }));

  it('a wider scope sees everything that a narrower one sees', () => {
    fc.assert(
      fc.property(people, audiences, (who, audience) => {
        const seen = SCOPES.map((scope) => canSee(who, scope, audience));
        expect(seen).toEqual([...seen].sort((a, b) => Number(a) - Number(b)));
      }),
    );
  });

  it('an assignee always sees it, and teams alone decide about the rest', () => {
    fc.assert(
      fc.property(people, audiences, (who, audience) => {
        const assigned = audience.assigneeId === who.agentId;
        const shared = who.teamIds.some((team) => team === audience.teamId);
        expect(canSee(who, 'team', audience)).toBe(assigned || shared);
        expect(canSee(who, 'own', audience)).toBe(assigned || (shared && audience.assigneeId === null));
      }),
    );
  });
});

describe('what a role may do', () => {
  it.each(ROLES)('%s holds no permission that does not exist', (role) => {
    expect(Object.keys(ROLE_GRANTS[role]).filter((p) => !PERMISSIONS.some((known) => known === p))).toEqual(
      [],
    );
    expect(scopeOf(me([], role), 'tenant.delete' as never)).toBeNull();
  });

  it('an admin may do everything, everywhere', () => {
    expect(PERMISSIONS.map((p) => scopeOf(me([], 'admin'), p))).toEqual(PERMISSIONS.map(() => 'all'));
  });

  it('an agent may not hand conversations around, nor look at raw deliveries', () => {
    const refused = ['conversation.assign', 'webhook-delivery.read', 'webhook-delivery.replay'] as const;
    expect(refused.map((p) => scopeOf(me(), p))).toEqual([null, null, null]);
  });
});

import type { Principal } from '@scrm/contracts';
import { randomUUID } from 'node:crypto';
import { Revocations } from './revocations';

const MINUTE = 60_000;
const me = (change: Partial<Principal> = {}): Principal => ({
  agentId: AGENT,
  tenantId: TENANT,
  role: 'agent',
  teamIds: [],
  sessionId: SESSION,
  agentVersion: 3,
  tenantVersion: 2,
  expiresAt: 0,
  ...change,
});
const [AGENT, TENANT, SESSION] = [randomUUID(), randomUUID(), randomUUID()];

describe('what ended before its time', () => {
  let revocations: Revocations;
  beforeEach(() => (revocations = new Revocations()));

  it('is nothing at first', () => {
    expect(revocations.check(me())).toEqual(me());
  });

  it.each([
    ['of an agent', { kind: 'agent', id: AGENT, version: 4 }, { agentVersion: 4 }],
    ['of a tenant', { kind: 'tenant', id: TENANT, version: 3 }, { tenantVersion: 3 }],
    ['of a session', { kind: 'session', id: SESSION }, { sessionId: randomUUID() }],
  ] as const)('is every token %s from before, and none from after or of others', (_, revocation, after) => {
    revocations.take([revocation]);
    expect(() => revocations.check(me())).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
    expect(revocations.isRevoked(me(after))).toBe(false);
    const others = { agentId: randomUUID(), tenantId: randomUUID(), sessionId: randomUUID() };
    expect(revocations.isRevoked(me(others))).toBe(false);
  });

  it('stays ended when an older word comes later', () => {
    revocations.take([{ kind: 'agent', id: AGENT, version: 5 }]);
    revocations.take([{ kind: 'agent', id: AGENT, version: 4 }]);
    expect(revocations.isRevoked(me({ agentVersion: 4 }))).toBe(true);
  });

  it('is told once, however often it is read', () => {
    let told = 0;
    revocations.onRevoked(() => told++);
    for (const version of [4, 4, 5]) revocations.take([{ kind: 'agent', id: AGENT, version }]);
    revocations.take([{ kind: 'session', id: SESSION }]);
    revocations.take([{ kind: 'session', id: SESSION }]);
    expect(told).toBe(3);
  });

  it('is forgotten when no token from before can be alive', () => {
    revocations.take([{ kind: 'agent', id: AGENT, version: 4 }], 0);
    revocations.take([], 14 * MINUTE);
    expect(revocations.isRevoked(me())).toBe(true);
    revocations.take([], 15 * MINUTE);
    expect(revocations.isRevoked(me())).toBe(false);
  });

  it('is forgotten in the order in which it was last heard of', () => {
    revocations.take([{ kind: 'agent', id: AGENT, version: 4 }], 0);
    revocations.take([{ kind: 'session', id: SESSION }], MINUTE);
    revocations.take([{ kind: 'agent', id: AGENT, version: 4 }], 2 * MINUTE);
    revocations.take([], 16 * MINUTE);
    expect(revocations.isRevoked(me({ agentVersion: 4 }))).toBe(false);
    expect(revocations.isRevoked(me())).toBe(true);
  });

  it('lets nobody in while nobody knows', () => {
    const unknown = new Revocations({ known: false });
    expect(() => unknown.check(me())).toThrow(expect.objectContaining({ code: 'unavailable' }));
    unknown.take([]);
    expect(unknown.check(me())).toEqual(me());
  });
});

import { accessRevoked, type Principal, type Revocation } from '@scrm/contracts';
import { Drain, Revocations } from '@scrm/platform';
import { eventually } from '@scrm/testing';
import { randomUUID } from 'node:crypto';
import { RevocationFeed } from '../src';
import { silent, Stage, type Pod } from './harness';

const who = (agentId: string, agentVersion = 1): Principal => ({
  agentId,
  tenantId: randomUUID(),
  role: 'agent',
  teamIds: [],
  sessionId: randomUUID(),
  agentVersion,
  tenantVersion: 1,
  expiresAt: 0,
});
const ended = (id: string): Revocation => ({ kind: 'agent', id, version: 2 });

describe('hearing of ended access', () => {
  let stage: Stage;
  let pod: Pod;
  let revocations: Revocations;
  let list: Revocation[] | Error;
  let reads: number;

  beforeEach(async () => {
    stage = await Stage.open();
    pod = await stage.podBehindNetwork();
    [list, reads] = [[], 0];
    revocations = new Revocations({ known: false });
  });
  afterEach(() => stage.close());

  function follow(everyMs: number) {
    const drain = new Drain();
    stage.later(() => drain.run(silent));
    const messaging = { url: stage.broker.url, service: 'test', names: stage.broker.names };
    const read = async () => {
      reads++;
      if (list instanceof Error) throw list;
      return list;
    };
    return new RevocationFeed(pod.connection, { messaging, read, everyMs }, revocations, drain, silent);
  }
  const say = (revocation: unknown) =>
    stage.admin.publish(
      stage.broker.names.exchange.events,
      accessRevoked.key,
      Buffer.from(JSON.stringify({ revocations: [revocation] })),
    );
  const known = () => eventually(() => revocations.check(who(randomUUID())));

  it('is at once, by the broker, and bears what nobody can read', async () => {
    follow(3_600_000);
    await known();
    // Subscribed: it reads again then.
    await eventually(() => expect(reads).toBeGreaterThan(1));
    const id = randomUUID();
    say('nonsense');
    say(ended(id));
    await eventually(() => expect(revocations.isRevoked(who(id))).toBe(true));
    expect(revocations.isRevoked(who(id, 2))).toBe(false);
  });

  it('is by the list while the broker is away', async () => {
    stage.network.refuse();
    follow(50);
    await known();
    const id = randomUUID();
    list = [ended(id)];
    await eventually(() => expect(revocations.isRevoked(who(id))).toBe(true));
  });

  it('is by the list for what was said while the subscription was away', async () => {
    follow(3_600_000);
    await eventually(() => expect(reads).toBeGreaterThan(1));
    stage.network.refuse();
    const id = randomUUID();
    list = [ended(id)];
    stage.network.accept();
    await eventually(() => expect(revocations.isRevoked(who(id))).toBe(true));
  });

  it('lets nobody in until the list was read, and goes on asking', async () => {
    list = new Error('away');
    follow(3_600_000);
    await eventually(() => expect(reads).toBeGreaterThan(3));
    expect(() => revocations.check(who(randomUUID()))).toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
    list = [];
    await known();
  });
});

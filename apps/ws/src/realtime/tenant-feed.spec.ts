import type { Principal, Scope } from '@scrm/contracts';
import { audience, conversationEvent, principal as person, silent, TENANT } from '../../test/model/fixtures';
import { History } from '../../test/model/history';
import { turn, VirtualClock } from '../../test/model/virtual-clock';
import { webhookToScreen } from '../metrics';
import { TenantFeed, type Delivery, type FeedListener } from './tenant-feed';

const event = (position: number) => conversationEvent({ position, audience: audience(1, null) });

class Screen implements FeedListener {
  constructor(
    readonly principal: Principal = person('admin', 1),
    readonly scope: Scope = 'all',
  ) {}
  seen: (number | string)[] = [];
  deliver({ event: { position } }: Delivery) {
    this.seen.push(position);
  }
  restart(reason: string) {
    this.seen.push(reason);
  }
}

describe('the feed of a tenant', () => {
  let clock: VirtualClock;
  let history: History;
  let feed: TenantFeed;
  let screen: Screen;

  const commit = (count: number) => {
    for (let i = 0; i < count; i++) history.events.push(event(history.head + 1));
  };
  const fanout = (...positions: number[]) => feed.receive(history.epoch, positions.map(event));
  const answer = async (failure?: Error) => {
    history.deliver(0, failure);
    await turn();
  };
  /** Nothing here compares with the history by itself: what is found is found by the feed. */
  const start = async (head = 10) => {
    commit(head);
    feed = new TenantFeed(TENANT, { stream: history, clock, logger: silent, maxMissed: 50 });
    feed.listeners.add(screen);
    await answer();
  };

  beforeEach(() => {
    clock = new VirtualClock();
    history = new History();
    screen = new Screen();
  });
  afterEach(() => feed.close());

  it('starts at the head of the stream and goes on from there', async () => {
    await start();
    expect(feed.position).toBe(10);
    fanout(11, 12);
    expect(screen.seen).toEqual([11, 12]);
  });

  it('keeps what comes before it knows where it stands', async () => {
    commit(2);
    feed = new TenantFeed(TENANT, { stream: history, clock, logger: silent });
    feed.listeners.add(screen);
    history.look();
    fanout(2, 3);
    fanout(4);
    await answer();
    expect(screen.seen).toEqual([3, 4]);
  });

  it('starts as soon as the history answers, however often it did not', async () => {
    feed = new TenantFeed(TENANT, { stream: history, clock, logger: silent });
    for (let i = 0; i < 8; i++) {
      await answer(new Error('away'));
      await clock.advance(5_000);
    }
    await answer();
    await feed.started;
    expect(feed.epoch).toBe('epoch-1');
  });

  it('reads after the start, if something may have been missed during it', async () => {
    feed = new TenantFeed(TENANT, { stream: history, clock, logger: silent });
    feed.listeners.add(screen);
    history.look();
    commit(2);
    feed.refill('subscription');
    await answer();
    await answer();
    expect(screen.seen).toEqual([1, 2]);
  });

  it('drops what it delivered before', async () => {
    await start();
    fanout(11);
    fanout(11);
    fanout(9, 10, 11, 12);
    expect(screen.seen).toEqual([11, 12]);
  });

  it('keeps nothing of what it delivered before', async () => {
    await start(5_002);
    fanout(...Array.from({ length: 5_002 }, (_, i) => i + 1));
    expect(history.asked.read).toBe(0);
  });

  it('puts neighbours in order without asking anybody', async () => {
    await start();
    fanout(13);
    fanout(12);
    expect(screen.seen).toEqual([]);
    fanout(11);
    expect(screen.seen).toEqual([11, 12, 13]);
    await clock.advance(1_000);
    expect(history.asked.read).toBe(0);
  });

  it('reads a hole once that stays open, and only then', async () => {
    await start();
    commit(3);
    fanout(12);
    fanout(13);
    await clock.advance(49);
    expect(history.asked.read).toBe(0);
    await clock.advance(1);
    expect(history.asked.read).toBe(1);
    await answer();
    expect(screen.seen).toEqual([11, 12, 13]);
    await clock.advance(10_000);
    expect(history.asked.read).toBe(1);
  });

  it('gives a new hole its own time', async () => {
    await start();
    commit(5);
    fanout(12);
    await clock.advance(40);
    fanout(11);
    fanout(15);
    await clock.advance(20);
    expect(history.asked.read).toBe(0);
    await clock.advance(50);
    expect(history.asked.read).toBe(1);
  });

  it('goes on asking when the history fails, and holds meanwhile', async () => {
    await start();
    commit(2);
    fanout(12);
    await clock.advance(50);
    await answer(new Error('away'));
    fanout(13);
    await clock.advance(100);
    history.events.push(event(13));
    await answer();
    expect(screen.seen).toEqual([11, 12, 13]);
  });

  it('does not hoard: too much behind a hole is dropped and read', async () => {
    await start();
    fanout(...Array.from({ length: 5_001 }, (_, i) => i + 12));
    expect(history.asked.read).toBe(1);
    commit(3);
    await answer();
    expect(screen.seen).toEqual([11, 12, 13]);
  });

  it('reads when the history is ahead and nothing comes', async () => {
    await start();
    commit(2);
    feed.compare(history.epoch, 12, 10);
    await clock.advance(50);
    await answer();
    expect(screen.seen).toEqual([11, 12]);
  });

  it('does not read when the event was only on its way', async () => {
    await start();
    commit(1);
    feed.compare(history.epoch, 11, 10);
    fanout(11);
    await clock.advance(1_000);
    expect(history.asked.read).toBe(0);
  });

  it('starts over in another epoch, after asking', async () => {
    await start();
    history.newEpoch();
    commit(1);
    fanout(1);
    expect(screen.seen).toEqual([]);
    await answer();
    expect([feed.epoch, feed.position]).toEqual(['epoch-2', 1]);
    expect(screen.seen).toEqual(['unknown_cursor']);
    fanout(2);
    expect(screen.seen).toEqual(['unknown_cursor', 2]);
  });

  it('does not fall for a straggler of an earlier epoch', async () => {
    await start();
    feed.receive('epoch-0', [event(11)]);
    await answer();
    expect(screen.seen).toEqual([]);
    expect(feed.position).toBe(10);
  });

  it('starts over where the database lost what it had committed', async () => {
    await start();
    history.events.splice(5);
    feed.compare(history.epoch, 5, 10);
    await answer();
    expect(screen.seen).toEqual(['unknown_cursor']);
    expect(feed.position).toBe(5);
  });

  it('skips where it is too far behind', async () => {
    await start();
    commit(51);
    feed.refill('subscription');
    await answer();
    expect(screen.seen).toEqual(['too_many_missed']);
    expect(feed.position).toBe(61);
  });

  describe('where it is only told that the stream went on', () => {
    const agent = (n: number) => new Screen(person('agent', n), 'own');
    const mark = (team: number, of: number | null, ...positions: number[]) =>
      feed.receive(
        history.epoch,
        positions.map((position) => ({ position, audience: audience(team, of) })),
      );
    let viewer: Screen;
    beforeEach(async () => {
      await start();
      feed.listeners.delete(screen);
      viewer = agent(5);
      feed.listeners.add(viewer);
    });

    it('goes on where nobody here could see it', () => {
      mark(1, 4, 11, 12);
      expect([feed.position, viewer.seen]).toEqual([12, []]);
    });

    it('waits for the event where somebody could', async () => {
      mark(1, 4, 11);
      mark(1, 5, 12);
      mark(1, 4, 13);
      expect(feed.position).toBe(11);
      feed.receive(history.epoch, [conversationEvent({ position: 12, audience: audience(1, 5) })]);
      expect([feed.position, viewer.seen]).toEqual([13, [12]]);
      await clock.advance(1_000);
      expect(history.asked.read).toBe(0);
    });

    it('reads it where it does not come, as any hole', async () => {
      commit(3);
      mark(1, 4, 11);
      mark(1, 5, 12);
      await clock.advance(50);
      history.events[11] = conversationEvent({ position: 12, audience: audience(1, 5) });
      await answer();
      expect([feed.position, viewer.seen]).toEqual([13, [12]]);
    });

    it('goes by those who are here when it could go on', async () => {
      mark(1, 9, 12);
      const late = agent(9);
      feed.listeners.add(late);
      mark(1, 4, 11);
      expect(feed.position).toBe(11);
      feed.receive(history.epoch, [conversationEvent({ position: 12, audience: audience(1, 9) })]);
      mark(1, 9, 12);
      expect([feed.position, late.seen]).toEqual([12, [12]]);
    });

    it('does not forget an event for a mark that comes after it', () => {
      feed.receive(history.epoch, [conversationEvent({ position: 12, audience: audience(1, 5) })]);
      mark(1, 5, 12);
      mark(1, 4, 11);
      expect(viewer.seen).toEqual([12]);
    });
  });

  it('has at hand what it passed, of this life of the stream', async () => {
    await start();
    fanout(11, 12, 13);
    const at = (after: number, upTo: number) => feed.passed(after, upTo)?.map((p) => p.place.position);
    expect([at(10, 13), at(11, 12), at(9, 13)]).toEqual([[11, 12, 13], [12], undefined]);
    history.newEpoch();
    commit(13);
    feed.refill('epoch');
    await answer();
    expect([feed.epoch, at(11, 13)]).toEqual(['epoch-2', undefined]);
  });

  it('measures from the delivery of Meta, else from the commit, to the first screen; not what nobody sees', async () => {
    await start();
    const measured = async () => {
      const { values } = await webhookToScreen.get();
      return values.find((v) => v.metricName?.endsWith('_sum'))!.value;
    };
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);
    const before = await measured();
    const inbound = conversationEvent({ position: 11, audience: audience(1, null), at: ago(10) });
    feed.receive(history.epoch, [{ ...inbound, receivedAt: ago(60).toISOString() }]);
    expect((await measured()) - before).toBeCloseTo(60, 0);
    feed.receive(history.epoch, [
      conversationEvent({ position: 12, audience: audience(1, null), at: ago(5) }),
    ]);
    expect((await measured()) - before).toBeCloseTo(65, 0);
    feed.listeners.delete(screen);
    fanout(13);
    expect((await measured()) - before).toBeCloseTo(65, 0);
  });

  it('leaves no timer when it is closed', async () => {
    await start();
    fanout(12);
    feed.close();
    expect(clock.pending).toBe(0);
  });
});

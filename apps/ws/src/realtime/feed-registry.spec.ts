import { scopeOf } from '@scrm/contracts';
import { audience, conversationEvent, id, principal, silent, TENANT } from '../../test/model/fixtures';
import { History } from '../../test/model/history';
import { turn, VirtualClock } from '../../test/model/virtual-clock';
import { FeedRegistry } from './feed-registry';

const CHECK_MS = 2_000;

describe('the feeds of a pod', () => {
  let clock: VirtualClock;
  let history: History;
  let feeds: FeedRegistry;

  const answerAll = async () => {
    while (history.questions.length > 0) {
      history.deliver();
      await turn();
    }
  };
  const commit = () =>
    history.events.push(conversationEvent({ position: history.head + 1, audience: audience(1, null) }));

  beforeEach(() => {
    clock = new VirtualClock();
    history = new History();
    feeds = new FeedRegistry({ stream: history, clock, logger: silent, checkMs: CHECK_MS });
  });
  afterEach(() => feeds.close());

  it('has one feed for a tenant, however many sockets', () => {
    expect(feeds.acquire(TENANT)).toBe(feeds.acquire(TENANT));
  });

  it('drops a feed some time after its last socket', async () => {
    const feed = feeds.acquire(TENANT);
    feeds.acquire(TENANT);
    await answerAll();
    feeds.release(feed);
    await clock.advance(31_000);
    expect(feeds.has(TENANT)).toBe(true);
    feeds.release(feed);
    await clock.advance(29_000);
    expect(feeds.acquire(TENANT)).toBe(feed);
    await clock.advance(31_000);
    expect(feeds.has(TENANT)).toBe(true);
    feeds.release(feed);
    await clock.advance(30_000);
    expect(feeds.has(TENANT)).toBe(false);
  });

  it('finds what the fanout lost without a trace', async () => {
    const feed = feeds.acquire(TENANT);
    await answerAll();
    commit();
    await clock.advance(CHECK_MS * 1.2);
    await answerAll();
    await clock.advance(50);
    await answerAll();
    expect(feed.position).toBe(1);
  });

  it('goes on comparing after the history did not answer', async () => {
    const feed = feeds.acquire(TENANT);
    await answerAll();
    commit();
    await clock.advance(CHECK_MS * 1.2);
    history.deliver(0, new Error('away'));
    await turn();
    await clock.advance(CHECK_MS * 1.2);
    await answerAll();
    await clock.advance(50);
    await answerAll();
    expect(feed.position).toBe(1);
  });

  it('reads all feeds again, not in the same moment, when the subscription is back', async () => {
    const feed = feeds.acquire(TENANT);
    await answerAll();
    commit();
    feeds.refillAll();
    expect(history.asked.read).toBe(0);
    await clock.advance(500);
    await answerAll();
    expect(feed.position).toBe(1);
  });

  describe('tell what they want to hear', () => {
    let wanted: string[];
    const view = (role: 'admin' | 'leader' | 'agent', agent: number, teams: number[] = []) => {
      const who = principal(role, agent, teams);
      const scope = scopeOf(who, 'conversation.read')!;
      return { principal: who, scope, deliver: () => undefined, restart: () => undefined };
    };
    beforeEach(() => feeds.tellInterest((_, keys) => (wanted = keys)));
    const t = (key: string) => `${TENANT}.${key}`;

    it('by who is here: that the stream goes on in any case, and then what they can see', async () => {
      const feed = feeds.acquire(TENANT);
      expect(wanted).toEqual([TENANT]);
      await answerAll();
      const [leader, agent] = [view('leader', 1, [1]), view('agent', 2, [1, 2])];
      feed.listeners.add(leader);
      feed.listeners.add(agent);
      const keys = [`agent:${id('a', 1)}`, `team:${id('e', 1)}`, `agent:${id('a', 2)}`];
      expect(wanted).toEqual([TENANT, ...[...keys, `pool:${id('e', 1)}`, `pool:${id('e', 2)}`].map(t)]);
      feed.listeners.delete(agent);
      expect(wanted).toEqual([TENANT, t(keys[0]!), t(keys[1]!)]);
      feeds.release(feed);
      await clock.advance(30_000);
      expect(wanted).toEqual([]);
    });

    it('and that is everything where somebody sees everything, or so many see something', async () => {
      const feed = feeds.acquire(TENANT);
      await answerAll();
      const admin = view('admin', 1);
      feed.listeners.add(admin);
      expect(wanted).toEqual([t('all')]);
      feed.listeners.delete(admin);
      expect(wanted).toEqual([TENANT]);
      for (let n = 1; n <= 200; n++) feed.listeners.add(view('agent', n));
      expect(wanted).toHaveLength(201);
      feed.listeners.add(view('agent', 201));
      expect(wanted).toEqual([t('all')]);
    });
  });

  it('leaves no timer when it is closed', async () => {
    const feed = feeds.acquire(TENANT);
    await answerAll();
    feeds.release(feed);
    feeds.close();
    expect(clock.pending).toBe(0);
  });
});

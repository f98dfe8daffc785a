import { audience, conversationEvent, silent, TENANT } from '../../test/model/fixtures';
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

  it('leaves no timer when it is closed', async () => {
    const feed = feeds.acquire(TENANT);
    await answerAll();
    feeds.release(feed);
    feeds.close();
    expect(clock.pending).toBe(0);
  });
});

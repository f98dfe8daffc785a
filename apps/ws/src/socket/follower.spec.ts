import { audience, conversationEvent, principal, silent, TENANT } from '../../test/model/fixtures';
import { History } from '../../test/model/history';
import { turn, VirtualClock } from '../../test/model/virtual-clock';
import { TenantFeed } from '../realtime/tenant-feed';
import { decodeCursor, encodeCursor } from './cursor';
import { Follower, type Sink } from './follower';

const MAX_MISSED = 20;

/** A client that takes what it gets, or, when slow, only when told. */
class Client implements Sink {
  frames: string[] = [];
  slow = false;
  private waiting: (() => void)[] = [];

  send(frame: Buffer | string) {
    const { type, cursor, reason } = JSON.parse(frame.toString()) as Record<string, string>;
    const position = decodeCursor(cursor!)!.position;
    this.frames.push(type === 'message.received' ? `${position}` : `${reason ?? type}@${position}`);
  }
  sendPaced(frame: Buffer | string) {
    this.send(frame);
    return this.slow ? new Promise<void>((resolve) => this.waiting.push(resolve)) : undefined;
  }
  async read() {
    for (const resolve of this.waiting.splice(0)) resolve();
    await turn();
  }
}

describe("a client's place in the feed", () => {
  let clock: VirtualClock;
  let history: History;
  let feed: TenantFeed<Follower>;
  let client: Client;
  let follower: Follower;

  const commit = (count: number) => {
    for (let i = 0; i < count; i++) {
      history.events.push(conversationEvent({ position: history.head + 1, audience: audience(1, null) }));
    }
  };
  const fanout = (from: number) => feed.receive(history.epoch, history.events.slice(from - 1));
  const answer = async () => {
    history.deliver();
    await turn();
  };
  const join = async (position?: number, epoch = 'epoch-1') => {
    follower.join(position === undefined ? undefined : encodeCursor({ epoch, position }), (cursor, resumed) =>
      client.frames.push(`${resumed ? 'resumed' : 'ready'}@${decodeCursor(cursor)!.position}`),
    );
    await turn();
  };

  beforeEach(async () => {
    clock = new VirtualClock();
    history = new History();
    commit(10);
    feed = new TenantFeed(TENANT, { stream: history, clock, logger: silent });
    client = new Client();
    const options = { stream: history, clock, logger: silent, maxMissed: MAX_MISSED };
    follower = new Follower(principal('admin', 1), 'all', feed, client, options);
    await answer();
  });
  afterEach(() => feed.close());

  it('is live at once without a cursor', async () => {
    await join();
    commit(1);
    fanout(11);
    expect(client.frames).toEqual(['ready@10', '11']);
  });

  it('gets what it missed, then what came meanwhile, then what comes', async () => {
    await join(6);
    commit(2);
    fanout(11);
    await answer();
    await answer();
    commit(1);
    fanout(13);
    expect(client.frames).toEqual(['resumed@6', '7', '8', '9', '10', '11', '12', '13']);
  });

  it('asks nobody for what the feed has at hand', async () => {
    commit(3);
    fanout(11);
    await join(10);
    expect(history.questions).toHaveLength(0);
    expect(client.frames).toEqual(['resumed@10', '11', '12', '13']);
    commit(1);
    fanout(14);
    expect(client.frames.at(-1)).toBe('14');
  });

  it('gets what comes while it is sent what was at hand, behind it', async () => {
    commit(3);
    fanout(11);
    client.slow = true;
    await join(10);
    commit(1);
    fanout(14);
    expect(client.frames).toEqual(['resumed@10', '11']);
    expect(decodeCursor(follower.cursor())?.position).toBe(11);
    for (let i = 0; i < 4; i++) await client.read();
    expect(client.frames).toEqual(['resumed@10', '11', '12', '13', '14']);
    expect(history.questions).toHaveLength(0);
  });

  it('reads from where the feed was only told that the stream went on', async () => {
    commit(3);
    const places = history.events.slice(11).map(({ position, audience }) => ({ position, audience }));
    feed.receive(history.epoch, history.events.slice(10, 11));
    feed.receive(history.epoch, places);
    await join(10);
    expect(client.frames).toEqual(['resumed@10', '11']);
    await answer();
    expect(client.frames).toEqual(['resumed@10', '11', '12', '13']);
  });

  it('asks nobody when nothing was missed', async () => {
    await join(10);
    expect(history.questions).toHaveLength(0);
    expect(client.frames).toEqual(['resumed@10']);
  });

  it('drops what the client has already from another pod, and tells the feed that it is behind', async () => {
    commit(3);
    await join(12);
    await answer();
    expect(follower.cursor()).toBe(encodeCursor({ epoch: 'epoch-1', position: 12 }));
    await answer();
    expect(client.frames).toEqual(['resumed@12', '13']);
  });

  it.each([
    ['nobody can read', () => Promise.resolve(follower.join('nonsense', () => undefined))],
    ['is of another epoch', () => join(9, 'epoch-0')],
  ])('starts anew where the cursor %s', async (_, joinWith) => {
    await joinWith();
    expect(client.frames.at(-1)).toBe('unknown_cursor@10');
  });

  it('starts anew where the cursor is ahead of the stream', async () => {
    await join(500);
    await answer();
    commit(1);
    fanout(11);
    expect(client.frames).toEqual(['resumed@500', 'unknown_cursor@10', '11']);
  });

  it('starts anew where too much was missed, without reading it', async () => {
    commit(MAX_MISSED);
    fanout(11);
    await join(9);
    expect(client.frames).toEqual(['ready@30', 'too_many_missed@30']);
  });

  it('starts anew where the history does not reach back, and keeps what came meanwhile', async () => {
    await join(6);
    commit(1);
    fanout(11);
    const page = { epoch: 'epoch-1', head: 11, reset: true, complete: true, events: [] };
    history.questions[0]!.answer = { value: page };
    await answer();
    expect(client.frames).toEqual(['resumed@6', 'cursor_too_old@10', '11']);
  });

  it('does not keep without end what comes while it catches up', async () => {
    await join(9);
    commit(MAX_MISSED + 2);
    fanout(11);
    expect(client.frames).toEqual(['resumed@9', 'too_many_missed@31', '32']);
  });

  it('waits for a slow client, and knows how far it is', async () => {
    client.slow = true;
    await join(8);
    await answer();
    expect(client.frames).toEqual(['resumed@8', '9']);
    expect(follower.cursor()).toBe(encodeCursor({ epoch: 'epoch-1', position: 9 }));
    commit(1);
    fanout(11);
    await client.read();
    await client.read();
    await client.read();
    commit(1);
    fanout(12);
    expect(client.frames).toEqual(['resumed@8', '9', '10', '11', '12']);
  });

  it('sends nothing of before after a restart', async () => {
    client.slow = true;
    await join(7);
    await answer();
    follower.restart('unknown_cursor');
    await client.read();
    expect(client.frames).toEqual(['resumed@7', '8', 'unknown_cursor@10']);
  });

  it('sends nothing of what it kept after a restart', async () => {
    client.slow = true;
    await join(9);
    commit(2);
    fanout(11);
    await answer();
    await client.read();
    follower.restart('unknown_cursor');
    await client.read();
    expect(client.frames).toEqual(['resumed@9', '10', '11', 'unknown_cursor@12']);
  });

  it('sees with its new eyes after a fresh token', async () => {
    await join();
    follower.become(principal('agent', 1, [2]), 'own');
    commit(1);
    fanout(11);
    expect(client.frames).toEqual(['ready@10']);
  });

  it('stops asking when the client left', async () => {
    await join(6);
    follower.leave();
    history.deliver(0, new Error('away'));
    await turn();
    await clock.advance(10_000);
    expect(history.asked.read).toBe(1);
    expect(feed.listeners.size).toBe(0);
  });
});

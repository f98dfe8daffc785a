import { canSee, scopeOf, type Audience, type ConversationEvent, type Principal } from '@scrm/contracts';
import { FeedRegistry } from '../../src/realtime/feed-registry';
import type { TenantFeed } from '../../src/realtime/tenant-feed';
import { decodeCursor } from '../../src/socket/cursor';
import { Follower, type Sink } from '../../src/socket/follower';
import { audience, conversationEvent, principal, silent, TENANT } from './fixtures';
import { History } from './history';
import { turn, VirtualClock } from './virtual-clock';

const MAX_MISSED = 20;
const CHECK_MS = 2_000;
/** Frames on the wire before the client counts as slower than the pod. */
const WIRE = 2;

export interface Batch {
  epoch: string;
  events: ConversationEvent[];
}

class Pod {
  /** On the way from the broker to this pod. */
  fanout: Batch[] = [];
  subscribed = true;
  readonly feeds: FeedRegistry<Follower>;

  constructor(stream: History, clock: VirtualClock) {
    this.feeds = new FeedRegistry({
      stream,
      clock,
      logger: silent,
      checkMs: CHECK_MS,
      maxMissed: MAX_MISSED,
    });
  }
}

/** Frames on the wire, in order; what was not read when the socket ended is lost. */
class Wire implements Sink {
  frames: Record<string, unknown>[] = [];
  open = true;
  private waiters: (() => void)[] = [];

  send(frame: Buffer | string) {
    if (this.open) this.frames.push(JSON.parse(frame.toString()) as Record<string, unknown>);
  }
  sendPaced(frame: Buffer | string) {
    this.send(frame);
    if (!this.open || this.frames.length <= WIRE) return undefined;
    return new Promise<void>((resolve) => this.waiters.push(resolve));
  }
  take() {
    const frame = this.frames.shift();
    if (this.frames.length === 0) for (const resolve of this.waiters.splice(0)) resolve();
    return frame;
  }
  cut() {
    this.open = false;
    this.frames = [];
    for (const resolve of this.waiters.splice(0)) resolve();
  }
}

/** A client as the protocol describes it, and what is on its screen. */
class Client {
  cursor: string | undefined;
  /** Positions rendered since `base`, in `epoch`. */
  rendered: number[] = [];
  base = 0;
  epoch = '';
  resets = 0;
  connection: { wire: Wire; feed: TenantFeed<Follower>; pod: Pod; follower?: Follower } | undefined;

  constructor(readonly principal: Principal) {}

  get scope() {
    return scopeOf(this.principal, 'conversation.read')!;
  }

  render(history: History) {
    const frame = this.connection?.wire.take();
    if (!frame) return;
    const cursor = decodeCursor(frame.cursor as string)!;
    if (frame.type === 'ready') {
      if (this.cursor === undefined) this.startFrom(cursor, frame.cursor as string);
    } else if (frame.type === 'reset') {
      this.resets++;
      this.startFrom(cursor, frame.cursor as string);
    } else {
      if (frame.type !== 'pong') this.rendered.push(cursor.position);
      this.cursor = frame.cursor as string;
      if (cursor.epoch !== this.epoch) throw new Error(`an event of ${cursor.epoch} without a reset`);
      this.compare(history, cursor.position);
    }
  }

  private startFrom(cursor: { epoch: string; position: number }, text: string) {
    this.cursor = text;
    this.epoch = cursor.epoch;
    this.base = cursor.position;
    this.rendered = [];
  }

  /** What is on the screen must be all that this client may see, from its base up to here, in order, once. */
  compare(history: History, upTo: number) {
    const may = (a: Audience | undefined) => a !== undefined && canSee(this.principal, this.scope, a);
    const expected = history.epochs
      .get(this.epoch)!
      .filter((e) => e.position > this.base && e.position <= upTo)
      .filter((e) => may(e.audience) || may(e.previousAudience))
      .map((e) => e.position);
    if (JSON.stringify(expected) !== JSON.stringify(this.rendered)) {
      throw new Error(`up to ${upTo} expected [${String(expected)}], rendered [${String(this.rendered)}]`);
    }
  }
}

/** Two pods, some clients, a broker and a database, all of them as unreliable as the test wants. */
export class World {
  readonly clock = new VirtualClock();
  readonly history = new History();
  readonly pods = [new Pod(this.history, this.clock), new Pod(this.history, this.clock)];
  readonly clients = [
    new Client(principal('admin', 1)),
    new Client(principal('leader', 2, [1])),
    new Client(principal('agent', 3, [1])),
    new Client(principal('agent', 4, [2])),
  ];

  constructor(private readonly FollowerType: typeof Follower = Follower) {}

  /** One transaction: stored, and on its way to every pod that is subscribed. */
  commit(drafts: { team: number | null; agent: number | null; before?: { team: number | null } }[]) {
    const first = this.history.head + 1;
    const events = drafts.map(({ team, agent, before }, i) =>
      conversationEvent({
        position: first + i,
        audience: audience(team, agent),
        ...(before && { previousAudience: audience(before.team, null) }),
      }),
    );
    this.history.events.push(...events);
    for (const pod of this.pods) {
      if (pod.subscribed) pod.fanout.push({ epoch: this.history.epoch, events });
    }
  }

  fanout(pod: number, n: number, how: 'deliver' | 'duplicate' | 'lose') {
    const { fanout, feeds } = this.pods[pod]!;
    if (fanout.length === 0) return;
    const at = n % fanout.length;
    const { epoch, events } = fanout[at]!;
    if (how !== 'duplicate') fanout.splice(at, 1);
    if (how !== 'lose') feeds.receive(TENANT, epoch, structuredClone(events));
  }

  subscription(pod: number, up: boolean) {
    const p = this.pods[pod]!;
    if (p.subscribed === up) return;
    p.subscribed = up;
    if (up) p.feeds.refillAll();
    else p.fanout = [];
  }

  async connect(client: number, pod: number) {
    const c = this.clients[client]!;
    this.disconnect(client);
    const p = this.pods[pod]!;
    const feed = p.feeds.acquire(TENANT);
    const wire = new Wire();
    const connection: NonNullable<Client['connection']> = { wire, feed, pod: p };
    c.connection = connection;
    const given = c.cursor;
    void feed.started.then(() => {
      if (!wire.open) return;
      const options = { stream: this.history, clock: this.clock, logger: silent, maxMissed: MAX_MISSED };
      const follower = new this.FollowerType(c.principal, c.scope, feed, wire, options);
      connection.follower = follower;
      follower.join(given, (cursor, resumed) =>
        wire.send(JSON.stringify({ type: 'ready', cursor, resumed })),
      );
    });
    await turn();
  }

  disconnect(client: number) {
    const c = this.clients[client]!;
    if (!c.connection) return;
    const { wire, follower, feed, pod } = c.connection;
    c.connection = undefined;
    wire.cut();
    follower?.leave();
    pod.feeds.release(feed);
  }

  ping(client: number) {
    const { wire, follower } = this.clients[client]!.connection ?? {};
    if (follower) wire?.send(JSON.stringify({ type: 'pong', cursor: follower.cursor() }));
  }

  render(client: number, frames: number) {
    for (let i = 0; i < frames; i++) this.clients[client]!.render(this.history);
  }

  /** From now on all goes well: everybody must end up with everything. */
  async settle() {
    for (const pod of [0, 1]) this.subscription(pod, true);
    for (const [n, client] of this.clients.entries()) if (!client.connection) await this.connect(n, n % 2);
    for (let round = 0; round < 40; round++) {
      for (const pod of [0, 1]) while (this.pods[pod]!.fanout.length > 0) this.fanout(pod, 0, 'deliver');
      while (this.history.questions.length > 0) this.history.deliver();
      await turn();
      for (const n of this.clients.keys()) this.render(n, this.clients[n]!.connection!.wire.frames.length);
      if (this.history.questions.length === 0) await this.clock.advance(500);
    }
    for (const [n, client] of this.clients.entries()) {
      if (client.epoch !== this.history.epoch) throw new Error(`client ${n} is still in ${client.epoch}`);
      client.compare(this.history, this.history.head);
    }
  }

  close() {
    for (const n of this.clients.keys()) this.disconnect(n);
    for (const pod of this.pods) pod.feeds.close();
  }
}

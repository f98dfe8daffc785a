import {
  advanceKey,
  advanceOf,
  canSee,
  partsByInterest,
  placesOf,
  scopeOf,
  type Audience,
  type ConversationEvent,
  type Place,
  type Principal,
  type RealtimeRouting,
} from '@scrm/contracts';
import { FeedRegistry } from '../../src/realtime/feed-registry';
import { Interest } from '../../src/realtime/interest';
import { RecentBudget } from '../../src/realtime/recent';
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
/** Few, so that clients come back for what is at hand and for what is not. */
const RECENT = 4;

export interface Batch {
  epoch: string;
  places: (ConversationEvent | Place)[];
}

class Pod {
  /** On the way from the broker to this pod. */
  fanout: Batch[] = [];
  subscribed = true;
  readonly feeds: FeedRegistry<Follower>;
  /** What the broker routes to this pod, and what it was asked for but has not done yet. */
  readonly bound = new Set<string>();
  binding: { key: string; done: (bound: boolean) => void }[] = [];
  private readonly wanted = new Set<string>();

  constructor(stream: History, clock: VirtualClock, routing: RealtimeRouting) {
    this.feeds = new FeedRegistry({
      stream,
      clock,
      logger: silent,
      checkMs: CHECK_MS,
      maxMissed: MAX_MISSED,
      budget: new RecentBudget(RECENT),
    });
    if (routing === 'interest') this.followInterest(clock);
  }

  private followInterest(clock: VirtualClock) {
    const bindings = {
      bind: (key: string) => {
        this.wanted.add(key);
        return new Promise<boolean>((done) => this.binding.push({ key, done }));
      },
      unbind: (key: string) => {
        this.wanted.delete(key);
        this.bound.delete(key);
      },
    };
    const interest = new Interest(bindings, clock, (tenantIds) => void this.feeds.check(tenantIds));
    this.feeds.tellInterest((tenantId, keys) => interest.want(tenantId, keys));
  }

  /** The broker does the oldest thing that it was asked for. */
  bind() {
    const asked = this.binding.shift();
    if (!asked) return;
    if (this.wanted.has(asked.key)) this.bound.add(asked.key);
    asked.done(true);
  }

  subscribe() {
    for (const key of this.wanted) this.bound.add(key);
    this.feeds.refillAll();
  }

  lose() {
    this.fanout = [];
    this.bound.clear();
    for (const { done } of this.binding.splice(0)) done(false);
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
  readonly pods: Pod[];
  readonly clients = [
    new Client(principal('admin', 1)),
    new Client(principal('leader', 2, [1])),
    new Client(principal('agent', 3, [1])),
    new Client(principal('agent', 4, [2])),
  ];

  constructor(
    private readonly FollowerType: typeof Follower = Follower,
    private readonly routing: RealtimeRouting = 'fanout',
  ) {
    this.pods = [0, 1].map(() => new Pod(this.history, this.clock, routing));
  }

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
    this.publish(events);
  }

  private publish(events: ConversationEvent[]) {
    const { epoch } = this.history;
    const parts = partsByInterest({ tenantId: TENANT, epoch, events });
    for (const { subscribed, bound, fanout } of this.pods) {
      if (!subscribed) continue;
      if (this.routing === 'fanout') fanout.push({ epoch, places: events });
      for (const { keys, changes } of parts)
        if (keys.some((key) => bound.has(key))) fanout.push({ epoch, places: changes.events });
      const places = placesOf(advanceOf(TENANT, epoch, events));
      if (bound.has(advanceKey(TENANT))) fanout.push({ epoch, places });
    }
  }

  fanout(pod: number, n: number, how: 'deliver' | 'duplicate' | 'lose') {
    const { fanout, feeds } = this.pods[pod]!;
    if (fanout.length === 0) return;
    const at = n % fanout.length;
    const { epoch, places } = fanout[at]!;
    if (how !== 'duplicate') fanout.splice(at, 1);
    if (how !== 'lose') feeds.receive(TENANT, epoch, structuredClone(places));
  }

  subscription(pod: number, up: boolean) {
    const p = this.pods[pod]!;
    if (p.subscribed === up) return;
    p.subscribed = up;
    if (up) p.subscribe();
    else p.lose();
  }

  bind(pod: number) {
    this.pods[pod]!.bind();
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
      for (const { binding } of this.pods) while (binding.length > 0) this.pods.forEach((pod) => pod.bind());
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

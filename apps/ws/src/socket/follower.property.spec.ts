import { REALTIME_ROUTINGS, type RealtimeRouting } from '@scrm/contracts';
import fc from 'fast-check';
import { turn } from '../../test/model/virtual-clock';
import { World } from '../../test/model/world';
import type { Cursor } from './cursor';
import { Follower } from './follower';

/** 5,000 in a full run. */
const RUNS = Number(process.env.FC_RUNS ?? 250);
const TIMEOUT_MS = 60_000 + RUNS * 200;

const pod = fc.constantFrom(0, 1);
const client = fc.constantFrom(0, 1, 2, 3);
const n = fc.nat({ max: 7 });
const team = fc.constantFrom(1, 2, null);
const draft = fc.record(
  { team, agent: fc.constantFrom(2, 3, 4, null), before: fc.record({ team }) },
  { requiredKeys: ['team', 'agent'] },
);

type Action = [name: string, run: (world: World) => void | Promise<void>];
const action = <T>(arbitrary: fc.Arbitrary<T>, name: string, run: (w: World, v: T) => void | Promise<void>) =>
  arbitrary.map((v): Action => [`${name} ${JSON.stringify(v)}`, (w) => run(w, v)]);

/** What can happen to a pod, its broker, its database and its clients; often the things that often happen. */
const anyAction = fc.oneof(
  {
    weight: 18,
    arbitrary: action(fc.array(draft, { minLength: 1, maxLength: 3 }), 'commit', (w, d) => w.commit(d)),
  },
  { weight: 24, arbitrary: action(fc.tuple(pod, n), 'deliver', (w, [p, i]) => w.fanout(p, i, 'deliver')) },
  { weight: 6, arbitrary: action(fc.tuple(pod, n), 'duplicate', (w, [p, i]) => w.fanout(p, i, 'duplicate')) },
  { weight: 6, arbitrary: action(fc.tuple(pod, n), 'lose', (w, [p, i]) => w.fanout(p, i, 'lose')) },
  { weight: 12, arbitrary: action(fc.tuple(client, pod), 'connect', (w, [c, p]) => w.connect(c, p)) },
  { weight: 6, arbitrary: action(client, 'disconnect', (w, c) => w.disconnect(c)) },
  { weight: 18, arbitrary: action(fc.tuple(client, n), 'render', (w, [c, i]) => w.render(c, i)) },
  { weight: 6, arbitrary: action(client, 'ping', (w, c) => w.ping(c)) },
  { weight: 12, arbitrary: action(n, 'rpc reads', (w, i) => w.history.look(i % 3)) },
  { weight: 24, arbitrary: action(n, 'rpc answers', (w, i) => w.history.deliver(i % 3)) },
  { weight: 3, arbitrary: action(n, 'rpc fails', (w, i) => w.history.deliver(i % 3, new Error('away'))) },
  {
    weight: 12,
    arbitrary: action(fc.constantFrom(10, 60, 600, 2_500), 'time', (w, ms) => w.clock.advance(ms)),
  },
  {
    weight: 3,
    arbitrary: action(fc.tuple(pod, fc.boolean()), 'subscription', (w, [p, up]) => w.subscription(p, up)),
  },
  { weight: 12, arbitrary: action(pod, 'broker binds', (w, p) => w.bind(p)) },
  { weight: 1, arbitrary: action(fc.constant(0), 'epoch', (w) => w.history.newEpoch()) },
);

/** Everybody rendered exactly what they may see, in order, without a gap or a double: the world checks as it goes. */
function property(FollowerType: typeof Follower, routing: RealtimeRouting) {
  return fc.asyncProperty(
    fc.array(anyAction, { minLength: 5, maxLength: 120, size: 'max' }),
    async (actions) => {
      const world = new World(FollowerType, routing);
      try {
        for (const [, run] of actions) {
          await run(world);
          await turn();
        }
        await world.settle();
      } finally {
        world.close();
      }
    },
  );
}

/** The classic mistake: what is committed between the read and the joining belongs to nobody. */
class ReadsBeforeItKeeps extends Follower {
  protected override async catchUp(from: Cursor, head: Cursor) {
    await this.sendMissed(from, head, 0);
    await this.sendKept(this.startKeeping(from));
  }
}

describe.each(REALTIME_ROUTINGS)('a client of any pods, through any mishap, with %s', (routing) => {
  it(
    'renders exactly what it may see, in order, once',
    async () => {
      // On failure fast-check prints the seed, the path and the shortest run of actions.
      await fc.assert(property(Follower, routing), { numRuns: RUNS });
    },
    TIMEOUT_MS,
  );

  it(
    'would not, if it read before it kept what comes (so the model sees such a mistake)',
    async () => {
      const outcome = await fc.check(property(ReadsBeforeItKeeps as typeof Follower, routing), {
        numRuns: RUNS,
        endOnFailure: true,
      });
      expect(outcome.failed).toBe(true);
    },
    TIMEOUT_MS,
  );
});

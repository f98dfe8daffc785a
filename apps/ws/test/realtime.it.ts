import { REALTIME_ROUTINGS } from '@scrm/contracts';
import type { RunningService } from '@scrm/platform';
import { eventually, TcpProxy } from '@scrm/testing';
import { audience, id, principal } from './model/fixtures';
import { ready } from './support/fake-waba';
import { WsStack } from './support/ws-stack';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe.each(REALTIME_ROUTINGS)('events on agents’ sockets, with %s', (routing) => {
  let stack: WsStack;
  let podA: RunningService;
  let podB: RunningService;
  let tenants = 100;
  /** Each test has a tenant of its own. */
  let tenant: string;

  const admin = (agent = 1) => principal('admin', agent, [], tenant);
  const unassigned = { audience: audience(1, null) };

  beforeAll(async () => {
    stack = await WsStack.start(routing);
    podA = await stack.pod();
    podB = await stack.pod();
  });
  beforeEach(() => {
    tenant = id('t', ++tenants);
  });
  afterEach(() => {
    stack.waba.streams.down = false;
    stack.endSockets();
  });
  afterAll(() => stack.stop());

  it('reach whoever may see them, and nobody else', async () => {
    const [a, b] = [podA, podB];
    const everyone = {
      admin: await stack.signIn(a, admin()),
      leader: await stack.signIn(b, principal('leader', 2, [1], tenant)),
      leaderElsewhere: await stack.signIn(a, principal('leader', 3, [2], tenant)),
      agent: await stack.signIn(b, principal('agent', 4, [1], tenant)),
      colleague: await stack.signIn(a, principal('agent', 5, [1], tenant)),
      stranger: await stack.signIn(b, principal('admin', 6, [], id('t', 1))),
    };
    await stack.waba.send(tenant, { audience: audience(1, null) }); // 1: waits in team 1
    await stack.waba.send(tenant, { audience: audience(1, 4) }); // 2: agent 4's
    await stack.waba.send(tenant, { audience: audience(2, null) }); // 3: waits in team 2
    await stack.waba.send(tenant, { audience: audience(null, null) }); // 4: nobody's
    // 5: taken from agent 4 and given to agent 5: agent 4 hears of it once more
    await stack.waba.send(tenant, { audience: audience(1, 5), previousAudience: audience(1, 4) });
    // 6: from team 1 to team 2
    await stack.waba.send(tenant, { audience: audience(2, null), previousAudience: audience(1, null) });
    await stack.waba.send(tenant, { audience: audience(1, null) }); // 7
    await everyone.admin.rendered(range(1, 7));
    await everyone.leader.rendered([1, 2, 5, 6, 7]);
    await everyone.agent.rendered([1, 2, 5, 6, 7]);
    await everyone.colleague.rendered([1, 5, 6, 7]);
    await everyone.leaderElsewhere.rendered([3, 6]);
    expect(everyone.stranger.positions).toEqual([]);
    expect(JSON.stringify(everyone.agent.events)).not.toContain('previousAudience');
  });

  it('follow on another pod after a cursor: all that was missed, then what comes', async () => {
    const first = await stack.signIn(podA, admin());
    await stack.waba.send(tenant, unassigned, unassigned, unassigned);
    await first.rendered([1, 2, 3]);
    const cursor = first.events[0]!.cursor;
    first.end();
    await stack.waba.send(tenant, unassigned, unassigned);
    const second = await stack.signIn(podB, admin(), cursor);
    await stack.waba.send(tenant, unassigned);
    await second.rendered(range(2, 6));
    expect(second.frames[0]).toMatchObject({ type: 'ready', resumed: true, cursor });
  });

  it('follow though a thousand were missed and more come meanwhile', async () => {
    const first = await stack.signIn(podA, admin());
    const { cursor } = first;
    first.end();
    stack.waba.commit(tenant, ...range(1, 1_200).map(() => unassigned));
    const joining = stack.signIn(podB, admin(), cursor);
    for (let i = 0; i < 20; i++) await stack.waba.send(tenant, unassigned);
    const second = await joining;
    await second.rendered(range(1, 1_220));
  });

  it('are not replayed beyond the limit: the client loads again', async () => {
    const first = await stack.signIn(podA, admin());
    stack.waba.commit(tenant, ...range(1, 5_001).map(() => unassigned));
    const second = await stack.signIn(podB, admin(), first.cursor);
    expect(await second.heard('reset')).toMatchObject({ reason: 'too_many_missed' });
    await stack.waba.send(tenant, unassigned);
    await second.rendered([5_002]);
  });

  it('are read from the history where the fanout lost one', async () => {
    const socket = await stack.signIn(podA, admin());
    stack.waba.commit(tenant, unassigned);
    await stack.waba.send(tenant, unassigned);
    await socket.rendered([1, 2]);
  });

  it('are put in order where workers publish side by side, without asking the history', async () => {
    const { streams } = stack.waba;
    const socket = await stack.signIn(podA, admin());
    // From when the broker knows who is here.
    await eventually(async () => {
      const { reads } = streams;
      await stack.waba.send(tenant, unassigned);
      await socket.rendered(range(1, streams.of(tenant).length));
      expect(streams.reads).toBe(reads);
    });
    const { reads } = streams;
    const events = stack.waba.commit(tenant, unassigned, unassigned, unassigned);
    await Promise.all([2, 0, 1, 0].map((n) => stack.waba.publish(tenant, [events[n]!])));
    await socket.rendered(range(1, streams.of(tenant).length));
    expect(streams.reads).toBe(reads);
  });

  it('are found by the check where the fanout lost the last one', async () => {
    const pod = await stack.pod({ REALTIME_CHECK_MS: 100 });
    const socket = await stack.signIn(pod, admin());
    stack.waba.commit(tenant, unassigned, unassigned);
    await socket.rendered([1, 2]);
  });

  it('reach whoever comes to a pod of the tenant after others', async () => {
    const first = await stack.signIn(podA, principal('agent', 1, [1], tenant));
    for (let n = 2; n < 12; n++) {
      const next = await stack.signIn(podA, principal('agent', n, [n], tenant));
      // At once, before the broker can have heard of them.
      await stack.waba.send(tenant, { audience: audience(n, null) }, { audience: audience(1, 99) });
      await next.rendered([2 * n - 3]);
    }
    expect(first.positions).toEqual([]);
    first.say({ type: 'ping' });
    const admin2 = await stack.signIn(podA, admin(50), first.cursor);
    await admin2.rendered(range(1, 20));
  });

  it('go on after a pause of the history', async () => {
    const socket = await stack.signIn(podA, admin());
    stack.waba.streams.down = true;
    stack.waba.commit(tenant, unassigned);
    await stack.waba.send(tenant, unassigned);
    const { cursor } = socket;
    const late = await stack.signIn(podA, admin(2), cursor);
    const { refused } = stack.waba.streams;
    await eventually(() => expect(stack.waba.streams.refused).toBeGreaterThan(refused + 2));
    stack.waba.streams.down = false;
    await socket.rendered([1, 2]);
    await late.rendered([1, 2]);
  });

  it('start anew in another epoch', async () => {
    const streams = stack.waba.streams;
    const socket = await stack.signIn(podA, admin());
    await stack.waba.send(tenant, unassigned, unassigned);
    await socket.rendered([1, 2]);
    streams.newEpoch(`epoch-${tenant}`);
    await stack.waba.send(tenant, unassigned);
    expect(await socket.heard('reset')).toMatchObject({ reason: 'unknown_cursor' });
    await stack.waba.send(tenant, unassigned);
    await socket.rendered([1, 2, 2]);
    const old = await stack.signIn(podB, admin(), socket.events[0]!.cursor);
    expect(await old.heard('reset')).toMatchObject({ reason: 'unknown_cursor' });
  });

  it('survive the broker: what came meanwhile is there when it is back', async () => {
    const proxy = await TcpProxy.to(stack.broker.url);
    try {
      const pod = await stack.pod({ RABBITMQ_URL: proxy.url });
      const socket = await stack.signIn(pod, admin());
      await stack.waba.send(tenant, unassigned);
      await socket.rendered([1]);

      proxy.refuse();
      await eventually(async () => expect((await fetch(`${pod.url}/health/ready`)).status).toBe(503));
      await stack.waba.send(tenant, unassigned, unassigned);
      expect(socket.positions).toEqual([1]);
      proxy.accept();
      await socket.rendered([1, 2, 3]);
      await ready(pod.url);
      await stack.waba.send(tenant, unassigned);
      await socket.rendered([1, 2, 3, 4]);

      for (let i = 0; i < 5; i++) {
        proxy.cut();
        await stack.waba.send(tenant, unassigned);
        await socket.rendered(range(1, 5 + i));
        await ready(pod.url);
      }
    } finally {
      await proxy.close();
    }
  });

  it('do not keep a pod from stopping, though the broker is away', async () => {
    const proxy = await TcpProxy.to(stack.broker.url);
    const pod = await stack.pod({ RABBITMQ_URL: proxy.url, DRAIN_SPREAD_MS: 0 });
    const socket = await stack.signIn(pod, admin());
    await stack.waba.send(tenant, unassigned);
    await socket.rendered([1]);
    proxy.refuse();
    await eventually(async () => expect((await fetch(`${pod.url}/health/ready`)).status).toBe(503));
    await pod.stop();
    await socket.closedWith(1012);
    await proxy.close();
  });
});

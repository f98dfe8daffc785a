import { eventually } from '@scrm/testing';
import { ExclusiveSubscription } from '../src';
import { Stage, type Pod } from './harness';

describe("a process's own copy of an exchange", () => {
  let stage: Stage;
  let pod: Pod;
  let subscription: ExclusiveSubscription;
  let heard: string[];

  beforeEach(async () => {
    stage = await Stage.open();
    pod = await stage.podBehindNetwork();
    heard = [];
    subscription = subscribe(pod, heard);
    await eventually(() => expect(subscription.consuming).toBe(true));
  });
  afterEach(() => stage.close());

  function subscribe(of: Pod, into: string[]) {
    const { names } = stage.broker;
    const made = new ExclusiveSubscription(of.connection, {
      exchange: names.exchange.realtime,
      queue: names.realtimeQueue('pod-1'),
      onMessage: (body, headers) => into.push(`${body.toString()}${String(headers.traceparent ?? '')}`),
      onReady: () => into.push('ready'),
      onLost: () => into.push('lost'),
    });
    stage.later(() => made.close());
    return made;
  }

  const publish = (text: string, headers = {}) =>
    stage.admin.publish(stage.broker.names.exchange.realtime, '', Buffer.from(text), { headers });

  it('says when it is ready, and misses nothing from then on', async () => {
    publish('1', { traceparent: '-00' });
    publish('2');
    await eventually(() => expect(heard).toEqual(['ready', '1-00', '2']));
  });

  it('goes to every process, also to two of one name', async () => {
    const other: string[] = [];
    const second = subscribe(await stage.pod(), other);
    // The broker refuses the first one's queue to others; what ours does then is to come back under a fresh name.
    await eventually(() => expect(second.consuming).toBe(true));
    publish('1');
    await eventually(() => expect([heard.at(-1), other.at(-1)]).toEqual(['1', '1']));
  });

  it('says that it was lost, and comes back by itself with the connection', async () => {
    stage.network.refuse();
    await eventually(() => expect(heard).toEqual(['ready', 'lost']));
    expect(subscription.consuming).toBe(false);
    publish('missed');
    stage.network.accept();
    await eventually(() => expect(heard).toEqual(['ready', 'lost', 'ready']));
    publish('heard');
    await eventually(() => expect(heard).toEqual(['ready', 'lost', 'ready', 'heard']));
  });

  it('comes back while the broker still holds the old queue for the old connection', async () => {
    stage.network.leaveHalfOpen();
    await eventually(() => expect(heard).toEqual(['ready', 'lost', 'ready']));
    publish('heard');
    await eventually(() => expect(heard.at(-1)).toBe('heard'));
  });

  describe('takes also what further keys lead to', () => {
    const tell = (key: string, text: string) =>
      stage.admin.publish(stage.broker.names.exchange.interest, key, Buffer.from(text));
    const bind = (key: string) => subscription.bind(stage.broker.names.exchange.interest, key);

    it('from when it says so, and no more after they are let go', async () => {
      expect(await bind('a')).toBe(true);
      expect(await bind('b')).toBe(true);
      tell('a', '1');
      tell('c', 'nothing to us');
      tell('b', '2');
      await eventually(() => expect(heard).toEqual(['ready', '1', '2']));
      subscription.unbind(stage.broker.names.exchange.interest, 'a');
      // On the same channel behind it.
      await bind('d');
      tell('a', 'nothing to us');
      tell('d', '3');
      await eventually(() => expect(heard).toEqual(['ready', '1', '2', '3']));
    });

    it('and again with the connection: whatever was asked for meanwhile, too', async () => {
      await bind('a');
      await bind('gone');
      stage.network.refuse();
      await eventually(() => expect(heard).toEqual(['ready', 'lost']));
      expect(await bind('b')).toBe(false);
      subscription.unbind(stage.broker.names.exchange.interest, 'gone');
      stage.network.accept();
      await eventually(() => expect(heard).toEqual(['ready', 'lost', 'ready']));
      tell('gone', 'nothing to us');
      tell('a', '1');
      tell('b', '2');
      await eventually(() => expect(heard.slice(3)).toEqual(['1', '2']));
    });
  });

  it('leaves nothing on the broker when it is closed', async () => {
    await subscription.close();
    publish('1');
    await expect(stage.exists(`${stage.broker.names.realtimeQueue('pod-1')}.1`)).resolves.toBe(false);
    expect(heard).toEqual(['ready']);
  });
});

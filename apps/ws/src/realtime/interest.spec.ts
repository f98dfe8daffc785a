import { turn, VirtualClock } from '../../test/model/virtual-clock';
import { Interest } from './interest';

describe('what a pod wants to hear', () => {
  let clock: VirtualClock;
  let broker: string[];
  let bound: boolean;
  let interest: Interest;

  beforeEach(() => {
    clock = new VirtualClock();
    broker = [];
    bound = true;
    const bindings = {
      bind: async (key: string) => {
        broker.push(`bind ${key}`);
        return bound;
      },
      unbind: (key: string) => void broker.push(`unbind ${key}`),
    };
    interest = new Interest(bindings, clock, (tenants) => void broker.push(`check ${String(tenants)}`));
  });
  afterEach(() => interest.close());

  const did = async (ms = 0) => {
    await turn();
    await clock.advance(ms);
    return broker.splice(0);
  };

  it('is bound at once, each key once', async () => {
    interest.want('t', ['t', 'a']);
    interest.want('t', ['t', 'a', 'b']);
    expect(await did()).toEqual(['bind t', 'bind a', 'bind b']);
  });

  it('is compared with the history when the first key is bound, many tenants by one question', async () => {
    interest.want('t', ['t', 'a']);
    interest.want('u', ['u']);
    expect(await did(49)).toEqual(['bind t', 'bind a', 'bind u']);
    expect(await did(1)).toEqual(['check t,u']);
    interest.want('t', ['t', 'b']);
    expect(await did(100)).toEqual(['bind b']);
  });

  it('is not compared where it was not bound: the subscription comes back and reads', async () => {
    bound = false;
    interest.want('t', ['t']);
    expect(await did(1_000)).toEqual(['bind t']);
  });

  it('stays bound for a while, for someone who comes back', async () => {
    interest.want('t', ['t', 'a']);
    await did(1_000);
    interest.want('t', ['t']);
    expect(await did(29_000)).toEqual([]);
    interest.want('t', ['t', 'a']);
    expect(await did(60_000)).toEqual([]);
    interest.want('t', ['t']);
    expect(await did(29_999)).toEqual([]);
    interest.want('t', ['t']);
    expect(await did(1)).toEqual(['unbind a']);
    interest.want('t', ['t', 'a']);
    expect(await did()).toEqual(['bind a']);
  });

  it('ends with the feed', async () => {
    interest.want('t', ['t', 'a']);
    interest.want('t', []);
    await did(1_000);
    expect((await did(30_000)).sort()).toEqual(['unbind a', 'unbind t']);
  });

  it('leaves no timer when it is closed', () => {
    interest.want('t', ['t', 'a']);
    interest.want('t', ['t']);
    interest.close();
    expect(clock.pending).toBe(0);
  });
});

import type { Drain, Health } from '@scrm/platform';
import type { BrokerConnection } from './connection';
import { NotPublishedError, Publisher } from './publisher';

describe('the publisher', () => {
  let sent: string[];
  let confirms: (() => void)[];
  let replaced: unknown[];
  let lose: () => void;
  let block: (blocked: boolean) => void;
  let close: () => Promise<void>;
  let publish: (name: string) => Promise<void>;

  beforeEach(() => {
    jest.useFakeTimers();
    [sent, confirms, replaced] = [[], [], []];
    const channel = () => ({
      publish: (_exchange: string, _key: string, body: Buffer, _options: object, confirm: () => void) => {
        sent.push(body.toString());
        confirms.push(confirm);
      },
    });
    const kept = {
      current: channel(),
      close: () => Promise.resolve(),
      heardAt: Date.now(),
      heard: () => (kept.heardAt = Date.now()),
      replaceIfSilent: (since: number) => {
        if (kept.heardAt >= since) return;
        replaced.push(kept.current);
        kept.current = channel();
        kept.heard();
        lose();
      },
    };
    const connection = {
      channel: (_name: string, _setup: unknown, onLost: () => void) => {
        lose = onLost;
        return kept;
      },
      onBlocked: (listener: typeof block) => (block = listener),
    };
    const drain = { on: (_phase: string, _name: string, work: () => Promise<void>) => (close = work) };
    const publisher = new Publisher(
      connection as unknown as BrokerConnection,
      { register: () => undefined } as unknown as Health,
      drain as unknown as Drain,
    );
    publish = (name) => publisher.publish('', 'queue', Buffer.from(name));
  });
  afterEach(async () => {
    await close();
    jest.useRealTimers();
  });

  const confirmAll = () => {
    for (const confirm of confirms.splice(0)) confirm();
  };

  it('fails what was not confirmed when its channel is gone, though no confirm ever comes back', async () => {
    const published = publish('x');
    lose();
    await expect(published).rejects.toBeInstanceOf(NotPublishedError);
  });

  it('takes a new channel where the old one confirms nothing for 5 s', async () => {
    jest.advanceTimersByTime(100);
    const early = Promise.allSettled([publish('early')]);
    jest.advanceTimersByTime(3_000);
    const late = Promise.allSettled([publish('late')]);
    jest.advanceTimersByTime(2_500);
    // Both may be sent again: nobody knows what becomes of them there.
    await expect(Promise.all([early, late])).resolves.toMatchObject([
      [{ status: 'rejected', reason: { message: 'The broker did not confirm in time.' } }],
      [{ status: 'rejected', reason: { message: 'The broker connection was lost before the confirm.' } }],
    ]);
    expect(replaced).toHaveLength(1);
    confirms = [];
    const next = publish('next');
    confirmAll();
    await next;
    jest.advanceTimersByTime(60_000);
    expect(replaced).toHaveLength(1);
  });

  it('keeps a channel that is only slow, and one that the broker blocks', async () => {
    const slow = Promise.allSettled([publish('slow')]);
    jest.advanceTimersByTime(3_000);
    const quick = publish('quick');
    confirms.pop()!();
    await quick;
    jest.advanceTimersByTime(2_500);
    await expect(slow).resolves.toMatchObject([{ status: 'rejected' }]);
    const blocked = Promise.allSettled([publish('blocked')]);
    block(true);
    jest.advanceTimersByTime(6_000);
    await expect(blocked).resolves.toMatchObject([{ status: 'rejected' }]);
    expect(replaced).toEqual([]);
  });

  describe('with many at a time', () => {
    const names = Array.from({ length: 12 }, (_, n) => String(n));

    it('sends at once while few are open, and behind more of them together, in their order', async () => {
      const all = names.map(publish);
      expect(sent).toEqual(names.slice(0, 8));
      // Room for more; but nobody overtakes those that wait.
      confirmAll();
      all.push(publish('late'));
      // The ninth began the wait: as many milliseconds as were open then.
      jest.advanceTimersByTime(8);
      expect(sent).toHaveLength(8);
      jest.advanceTimersByTime(1);
      expect(sent).toEqual([...names, 'late']);
      confirmAll();
      await expect(Promise.all(all)).resolves.toHaveLength(13);
    });

    it('sends what waits before it closes', async () => {
      const all = names.map(publish);
      await close();
      expect(sent).toEqual(names);
      confirmAll();
      await Promise.all(all);
    });

    it('does not send after all what was called lost', async () => {
      const all = names.map(publish);
      lose();
      await expect(Promise.allSettled(all)).resolves.toHaveLength(12);
      jest.advanceTimersByTime(20);
      expect(sent).toEqual(names.slice(0, 8));
    });

    it('lets nobody wait for long, however many there are', async () => {
      const crowd = Array.from({ length: 100 }, (_, n) => publish(`crowd ${n}`));
      jest.advanceTimersByTime(20);
      expect(sent).toHaveLength(100);
      const late = publish('late');
      jest.advanceTimersByTime(19);
      expect(sent).toHaveLength(100);
      jest.advanceTimersByTime(1);
      expect(sent).toHaveLength(101);
      confirmAll();
      await Promise.all([...crowd, late]);
    });
  });
});

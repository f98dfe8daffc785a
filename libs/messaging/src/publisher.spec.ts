import type { Drain, Health } from '@scrm/platform';
import type { BrokerConnection } from './connection';
import { unbundle } from './bundle';
import { NotPublishedError, Publisher, type PublishOptions } from './publisher';

interface Sent {
  messageId: string;
  headers: { bundle?: number };
}

describe('the publisher', () => {
  let sent: string[];
  let confirms: ((error?: Error) => void)[];
  let messages: { properties: Sent }[];
  let replaced: unknown[];
  let lose: () => void;
  let block: (blocked: boolean) => void;
  let close: () => Promise<void>;
  let publish: (name: string, queue?: string, options?: PublishOptions) => Promise<void>;
  let giveBack: (message: object) => void;

  beforeEach(() => {
    jest.useFakeTimers();
    [sent, confirms, replaced, messages] = [[], [], [], []];
    type Confirm = (error?: Error) => void;
    const channel = () => ({
      publish: (_exchange: string, _key: string, body: Buffer, properties: Sent, confirm: Confirm) => {
        const parts = unbundle({ headers: { ...properties.headers }, body });
        sent.push(parts.map((part) => part.body.toString()).join('+'));
        confirms.push(confirm);
        messages.push({ properties });
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
      channel: (_name: string, setup: (channel: object) => Promise<void>, onLost: () => void) => {
        lose = onLost;
        void setup({ on: (_event: string, listener: typeof giveBack) => (giveBack = listener) });
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
    publish = (name, queue = 'queue', options = {}) =>
      publisher.publish('', queue, Buffer.from(name), options);
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
      const all = names.map((name) => publish(name));
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
      const all = names.map((name) => publish(name));
      await close();
      expect(sent).toEqual(names);
      confirmAll();
      await Promise.all(all);
    });

    it('does not send after all what was called lost', async () => {
      const all = names.map((name) => publish(name));
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

    describe('that may go together', () => {
      const crowd = () => {
        for (let n = 0; n < 8; n++) publish(`crowd ${n}`, 'elsewhere').catch(() => undefined);
        sent.length = confirms.length = messages.length = 0;
      };
      const together = (names: string, queue: string, most = 3) =>
        [...names].map((name) => publish(name, queue, { together: most, mandatory: true }));

      it('makes one message of those that wait for one queue, in their order, and not of too many', async () => {
        crowd();
        const all = [...together('abc', 'one'), ...together('x', 'two'), ...together('de', 'one')];
        all.push(publish('alone', 'three'), publish('too', 'three'));
        jest.advanceTimersByTime(20);
        expect(sent).toEqual(['a+b+c', 'x', 'd+e', 'alone', 'too']);
        confirmAll();
        await Promise.all(all);
      });

      it('leaves what is large alone', async () => {
        crowd();
        const [small, large] = ['s', 'l'.repeat(64 * 1024)];
        const all = [small, large, small, small].map((text) => publish(text, 'one', { together: 9 }));
        jest.advanceTimersByTime(20);
        expect(sent).toEqual([small, large, `${small}+${small}`]);
        confirmAll();
        await Promise.all(all);
      });

      it('fails all of it where the broker refuses it, or no queue takes it', async () => {
        crowd();
        const all = Promise.allSettled([
          ...together('ab', 'one'),
          ...together('cd', 'two'),
          ...together('ef', 'three'),
        ]);
        jest.advanceTimersByTime(20);
        confirms[0]!(new Error('no'));
        giveBack(messages[1]!);
        confirms[1]!();
        confirms[2]!();
        const how = (await all).map((one) =>
          one.status === 'rejected' ? (one.reason as Error).message : 'taken',
        );
        const [refused, unroutable] = ['The broker refused the message.', 'No queue takes the message.'];
        expect(how).toEqual([refused, refused, unroutable, unroutable, 'taken', 'taken']);
      });
    });
  });
});

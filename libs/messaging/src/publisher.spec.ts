import type { Drain, Health } from '@scrm/platform';
import type { BrokerConnection } from './connection';
import { NotPublishedError, Publisher } from './publisher';

describe('the publisher', () => {
  it('fails what was not confirmed when its channel is gone, though no confirm ever comes back', async () => {
    let lose!: () => void;
    const connection = {
      channel: (_name: string, _setup: unknown, onLost: () => void) => {
        lose = onLost;
        return { current: { publish: () => true }, close: () => Promise.resolve() };
      },
      onBlocked: () => undefined,
    };
    let close!: () => Promise<void>;
    const drain = { on: (_phase: string, _name: string, work: () => Promise<void>) => (close = work) };
    const publisher = new Publisher(
      connection as unknown as BrokerConnection,
      { register: () => undefined } as unknown as Health,
      drain as unknown as Drain,
    );
    const published = publisher.publish('', 'queue', Buffer.from('x'));
    lose();
    await expect(published).rejects.toBeInstanceOf(NotPublishedError);
    await close();
  });

  describe('with many at a time', () => {
    const names = Array.from({ length: 12 }, (_, n) => String(n));
    let sent: string[];
    let confirms: (() => void)[];
    let lose: () => void;
    let close: () => Promise<void>;
    let publish: (name: string) => Promise<void>;

    beforeEach(() => {
      jest.useFakeTimers();
      [sent, confirms] = [[], []];
      const current = {
        publish: (_exchange: string, _key: string, body: Buffer, _options: object, confirm: () => void) => {
          sent.push(body.toString());
          confirms.push(confirm);
        },
      };
      const connection = {
        channel: (_name: string, _setup: unknown, onLost: () => void) => {
          lose = onLost;
          return { current, close: () => Promise.resolve() };
        },
        onBlocked: () => undefined,
      };
      const drain = { on: (_phase: string, _name: string, work: () => Promise<void>) => (close = work) };
      const publisher = new Publisher(
        connection as unknown as BrokerConnection,
        { register: () => undefined } as unknown as Health,
        drain as unknown as Drain,
      );
      publish = (name) => publisher.publish('', 'queue', Buffer.from(name));
    });
    afterEach(() => jest.useRealTimers());

    const confirmAll = () => {
      for (const confirm of confirms.splice(0)) confirm();
    };

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

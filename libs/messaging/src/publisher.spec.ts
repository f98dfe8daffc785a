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
});

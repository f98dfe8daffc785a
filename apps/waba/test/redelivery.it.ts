import { WebhookConsumer } from '../src/webhook/webhook.consumer';
import { WebhookRepository } from '../src/webhook/webhook.repository';
import { handedOut, WabaHarness, type TestSender } from './harness';

describe('deliveries that the broker hands out again', () => {
  let waba: WabaHarness;
  let sender: TestSender;
  let alone: jest.SpyInstance<Promise<number>, [string]>;

  beforeAll(async () => {
    waba = await WabaHarness.start();
    sender = await waba.addSender();
  });
  afterAll(() => waba.stop());
  beforeEach(() => (alone = jest.spyOn(waba.get(WebhookRepository), 'beginAttempt')));
  afterEach(() => alone.mockRestore());

  const again = (count: number) =>
    Array.from({ length: count }, (_, n) =>
      handedOut(waba.text(`62810${n}`, 'again'), sender, { redelivered: true }),
    );
  type Again = ReturnType<typeof again>;
  const handle = async (parts: Again) => {
    const { settled } = await waba.get(WebhookConsumer).handle(parts.map((part) => part.delivery));
    await settled;
  };
  const stored = async (parts: Again) => {
    const wamids = parts.map(({ wamid }) => wamid);
    return (await waba.query('SELECT 1 FROM message WHERE wamid = ANY($1)', [wamids])).length;
  };
  const keys = (parts: Again) => parts.map(({ deliveryId }) => `${deliveryId}:whole`);
  const attempts = (parts: Again) =>
    waba.query('SELECT attempts FROM webhook_attempt WHERE delivery_key = ANY($1)', [keys(parts)]);

  it('go together the first time', async () => {
    const parts = again(20);
    await handle(parts);
    expect([await stored(parts), alone.mock.calls.length]).toEqual([20, 0]);
    expect(await attempts(parts)).toEqual([]);
  });

  it('are kept byte for byte, each its own, also where they go together', async () => {
    const parts = again(3);
    const [long, empty] = [parts[0]!.delivery, parts[2]!.delivery];
    long.body = Buffer.concat([long.body, Buffer.from(' \n'.repeat(5_000))]);
    // An object that says nothing: not one byte of it may come from its neighbours.
    empty.body = Buffer.from('{}');
    await handle(parts);
    const kept = await waba.query<{ id: string; body: Buffer }>(
      'SELECT id, body FROM webhook_delivery WHERE id = ANY($1)',
      [parts.map(({ deliveryId }) => deliveryId)],
    );
    const bodies = new Map(kept.map(({ id, body }) => [id, body.toString()]));
    expect(parts.map(({ deliveryId }) => bodies.get(deliveryId))).toEqual(
      parts.map(({ delivery: { body } }) => body.toString()),
    );
  });

  it('go alone when that ended their worker: the one that did it is put aside, the others are stored', async () => {
    const [parts, killers] = [again(4), again(1)];
    await waba.get(WebhookRepository).beginFirstAttempts(keys([...parts, ...killers]));
    await waba.query('UPDATE webhook_attempt SET attempts = 5 WHERE delivery_key = ANY($1)', [keys(killers)]);
    await handle([...killers, ...parts]);
    expect(alone).toHaveBeenCalledTimes(5);
    expect([await stored(parts), await stored(killers)]).toEqual([4, 0]);
    const [row] = await waba.query('SELECT status, attempts FROM webhook_delivery WHERE id = $1', [
      killers[0]!.deliveryId,
    ]);
    expect(row).toEqual({ status: 'quarantined', attempts: 5 });
    expect(await attempts([...parts, ...killers])).toEqual([]);
  });

  it('are counted before they are worked on, so that a death is not forgotten', async () => {
    const parts = again(3);
    const counted: unknown[] = [];
    const store = jest.spyOn(waba.get(WebhookConsumer) as unknown as { work(): unknown }, 'work');
    store.mockImplementationOnce(async () => {
      counted.push(...(await attempts(parts)));
      throw Object.assign(new Error('the database is away'), { transient: true });
    });
    await expect(handle(parts)).rejects.toThrow('the database is away');
    store.mockRestore();
    expect(counted).toEqual([{ attempts: 1 }, { attempts: 1 }, { attempts: 1 }]);
    // Nobody's fault: it does not count.
    expect(await attempts(parts)).toEqual([]);
    expect(alone).not.toHaveBeenCalled();
  });
});

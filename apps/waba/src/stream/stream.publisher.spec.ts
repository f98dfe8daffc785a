import {
  advanceOf,
  conversationChanged,
  placesOf,
  streamAdvanced,
  type RealtimeRouting,
} from '@scrm/contracts';
import { readChanges } from '@scrm/messaging';
import { StreamPublisher } from './stream.publisher';
import type { TenantChanges } from './timeline';

const id = (n: number) => `0193a5c2-7e11-7abc-8def-${String(n).padStart(12, '0')}`;
const [TENANT, TEAM, AGENT] = [id(1), id(2), id(3)];

interface Sent {
  exchange: string;
  key: string;
  alsoTo: string[] | undefined;
  type: string;
  body: TenantChanges & Parameters<typeof placesOf>[0];
}

describe('what a transaction made visible', () => {
  let sent: Sent[];
  let refuse: (type: string) => boolean;

  beforeEach(() => {
    jest.useFakeTimers();
    sent = [];
    refuse = () => false;
  });
  afterEach(() => jest.useRealTimers());

  function publisher(routing: RealtimeRouting) {
    const publish = async (
      exchange: string,
      key: string,
      body: Buffer,
      { type, alsoTo }: { type: string; alsoTo?: string[] },
    ) => {
      if (refuse(type)) throw new Error('refused');
      const told = readChanges(body);
      for (const event of told.events ?? []) (event as { data: unknown }).data = String(event.data);
      sent.push({ exchange, key, alsoTo, type, body: told as unknown as Sent['body'] });
    };
    const options = { names: { exchange: { events: 'events', interest: 'interest' } } };
    return new StreamPublisher({ publish } as never, options as never, { warn: () => undefined } as never, {
      REALTIME_ROUTING: routing,
    });
  }
  const change = (first: number, ...assignees: (string | null)[]): TenantChanges => ({
    tenantId: TENANT,
    epoch: 'e',
    events: assignees.map((assigneeId, i) => ({
      position: first + i,
      audience: { teamId: TEAM, assigneeId },
      data: `{"of":"${assigneeId}"}`,
    })) as TenantChanges['events'],
  });

  it('is one message a tenant where everything goes everywhere', async () => {
    await publisher('fanout').publish([change(1, AGENT, null), { ...change(1, null), tenantId: id(9) }]);
    jest.runAllTimers();
    expect(sent.map((s) => [s.exchange, s.key, s.body.events.length])).toEqual([
      ['events', conversationChanged.key, 2],
      ['events', conversationChanged.key, 1],
    ]);
  });

  describe('where it is routed by interest', () => {
    it('goes where somebody can see some of it', async () => {
      await publisher('interest').publish([change(1, AGENT, null, AGENT)]);
      const others = [`agent:${AGENT}`, `team:${TEAM}`, `pool:${TEAM}`].map((key) => `${TENANT}.${key}`);
      expect(sent.map((s) => [s.exchange, s.key, s.alsoTo, s.body])).toEqual([
        ['interest', `${TENANT}.all`, others, change(1, AGENT, null, AGENT)],
      ]);
      expect(sent.every((s) => s.type === conversationChanged.key)).toBe(true);
    });

    it('and soon after the other pods hear of many at once that the stream went on', async () => {
      const stream = publisher('interest');
      await stream.publish([change(1, AGENT)]);
      await stream.publish([change(2, null, AGENT), { ...change(7, null), epoch: 'f' }]);
      sent = [];
      jest.advanceTimersByTime(9);
      expect(sent).toEqual([]);
      jest.advanceTimersByTime(1);
      expect(sent.map((s) => [s.exchange, s.key, s.type, s.alsoTo])).toEqual([
        ['interest', TENANT, streamAdvanced.key, []],
        ['interest', TENANT, streamAdvanced.key, []],
      ]);
      const events = change(1, AGENT, null, AGENT).events;
      expect(sent[0]!.body).toEqual(advanceOf(TENANT, 'e', events));
      const seventh = change(7, null).events.map(({ position, audience }) => ({ position, audience }));
      expect(placesOf(sent[1]!.body)).toEqual(seventh);
      await stream.publish([change(4, AGENT)]);
      jest.advanceTimersByTime(10);
      expect(placesOf(sent.at(-1)!.body).map((p) => p.position)).toEqual([4]);
    });

    it('fails where the broker refuses the change, not where it refuses the other', async () => {
      const stream = publisher('interest');
      refuse = (type) => type === streamAdvanced.key;
      await stream.publish([change(1, AGENT)]);
      jest.advanceTimersByTime(10);
      refuse = (type) => type === conversationChanged.key;
      await expect(stream.publish([change(2, AGENT)])).rejects.toThrow('refused');
      await expect(stream.announce([change(3, AGENT)])).resolves.toBeUndefined();
    });
  });
});

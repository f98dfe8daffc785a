import { registry } from '@scrm/platform';
import { eventually } from '@scrm/testing';
import { connect } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { MeasureService } from '../src/maintenance/measure.service';
import { change, delivery, WabaHarness, type TestSender } from './harness';

describe('what is measured for the operator', () => {
  let waba: WabaHarness;
  let sender: TestSender;
  let measure: MeasureService;

  beforeAll(async () => {
    waba = await WabaHarness.start();
    sender = await waba.addSender();
    measure = waba.get(MeasureService);
  });
  afterAll(() => waba.stop());

  const value = async (name: string, labels: Record<string, string> = {}) => {
    const { values } = await registry.getSingleMetric(name)!.get();
    const matches = (of: Record<string, unknown>) =>
      Object.entries(labels).every(([label, wanted]) => of[label] === wanted);
    return values.find((one) => matches(one.labels))?.value;
  };

  it('is what waits in each queue, and who takes it', async () => {
    const { names } = waba.broker;
    const connection = await connect(waba.broker.url);
    const channel = await connection.createConfirmChannel();
    channel.publish(names.exchange.dead, '', Buffer.from('given up'));
    await channel.waitForConfirms();
    await eventually(async () => {
      await measure.brokerQueues();
      expect(await value('broker_queue_messages', { queue: names.exchange.dead })).toBe(1);
    });
    await channel.purgeQueue(names.exchange.dead);
    await connection.close();
    await measure.brokerQueues();
    expect(await value('broker_queue_messages', { queue: names.exchange.dead })).toBe(0);
    for (const queue of [names.inboundQueue(7), names.outboundQueue(0), names.archiveQueue]) {
      expect(await value('broker_queue_messages', { queue })).toBe(0);
      expect(await value('broker_queue_consumers', { queue })).toBe(1);
    }
  });

  it('is which statuses are parked, and since when', async () => {
    const status = { id: waba.wamid(), status: 'sent', timestamp: '1763000000', recipient_id: '6281' };
    await waba.deliver(delivery(change(sender, { statuses: [status] })));
    await eventually(async () => {
      const age = `UPDATE parked_status SET received_at = now() - interval '1 hour' WHERE wamid = $1 RETURNING 1`;
      const [, updated] = await waba.query(age, [status.id]);
      expect(updated).toBe(1);
    });
    await measure.waiting();
    expect(await value('parked_statuses')).toBe(1);
    expect(await value('parked_status_oldest_seconds')).toBeGreaterThanOrEqual(3_600);
    await waba.query('DELETE FROM parked_status');
    await measure.waiting();
    expect([await value('parked_statuses'), await value('parked_status_oldest_seconds')]).toEqual([0, 0]);
  });

  it('is which deliveries were put aside', async () => {
    await waba.deliver('{ no json');
    const message = waba.text('6281', 'for whom?');
    await waba.deliver(delivery(change({ phoneNumberId: '1' }, { messages: [message] })));
    await eventually(async () => {
      await measure.waiting();
      expect(await value('webhook_deliveries_put_aside', { status: 'poison' })).toBe(1);
      expect(await value('webhook_deliveries_put_aside', { status: 'unrouted' })).toBe(1);
    });
    expect(await value('webhook_deliveries_put_aside', { status: 'quarantined' })).toBe(0);
    await waba.query('UPDATE webhook_delivery SET replayed_at = now()');
    await measure.waiting();
    expect(await value('webhook_deliveries_put_aside', { status: 'poison' })).toBe(0);
  });

  it('is which messages could be sent for long and are not', async () => {
    const paused = await waba.addSender();
    await waba.query(`UPDATE sender SET status = 'paused' WHERE id = $1`, [paused.id]);
    const wait = (of: TestSender, created: string, next: string | null) =>
      waba.query(
        `INSERT INTO message (id, tenant_id, conversation_id, sender_id, seq, direction, type, content, status,
                              occurred_at, created_at, next_attempt_at)
         VALUES ($1, $2, $1, $3, 1, 'outbound', 'text', '{}', 'queued', now(), now() - $4::interval, now() + $5::interval)`,
        [randomUUID(), of.tenantId, of.id, created, next],
      );
    await wait(paused, '10 minutes', null);
    await wait(paused, '20 minutes', '-5 minutes');
    await wait(paused, '30 minutes', '1 minute');
    await wait(paused, '10 seconds', null);
    await measure.waiting();
    expect(await value('message_outbound_overdue', { sender_status: 'paused' })).toBe(2);
    const age = await value('message_outbound_overdue_oldest_seconds', { sender_status: 'paused' });
    expect(age).toBeGreaterThanOrEqual(600);
    expect(age).toBeLessThan(900);
    expect(await value('message_outbound_overdue', { sender_status: 'active' })).toBe(0);
  });
});

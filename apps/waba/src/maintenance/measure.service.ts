import { Inject, Injectable } from '@nestjs/common';
import { INBOUND_PARTITIONS, OUTBOUND_PARTITIONS } from '@scrm/contracts';
import { BrokerConnection, MESSAGING_OPTIONS, type MessagingOptions } from '@scrm/messaging';
import { Drain, gauge } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import { SYSTEM_DB } from '../db/data-source';
import { PUT_ASIDE } from '../webhook/webhook.entity';

/** What waits is counted up to here: more says nothing new, and each counting reads what it counts. */
export const COUNTED_UP_TO = 10_000;

const messages = gauge(
  'broker_queue_messages',
  'Messages in a queue that no worker holds; asked by the scheduler every 5 s',
  ['queue'],
);
const consumers = gauge(
  'broker_queue_consumers',
  'Consumers of a queue: of a partition only the active one counts; asked by the scheduler every 5 s',
  ['queue'],
);
const parked = gauge(
  'parked_statuses',
  `Statuses whose message is not known, yet or ever, up to ${COUNTED_UP_TO}; counted by the scheduler every 10 s`,
);
const parkedAge = gauge(
  'parked_status_oldest_seconds',
  'Since the oldest of the parked statuses of the last day came; 0 where none waits',
);
const putAside = gauge(
  'webhook_deliveries_put_aside',
  `Deliveries that were not worked on (quarantined), not JSON (poison) or for no number of ours (unrouted), and not replayed, up to ${COUNTED_UP_TO} of each; counted by the scheduler every 10 s`,
  ['status'],
);
const overdue = gauge(
  'message_outbound_overdue',
  `Messages that could be sent for a minute and are not, up to ${COUNTED_UP_TO}, by the state of their number; counted by the scheduler every 10 s`,
  ['sender_status'],
);
const overdueAge = gauge(
  'message_outbound_overdue_oldest_seconds',
  'For how long the oldest overdue message could have been sent',
  ['sender_status'],
);

/** States in which a gauge is set even when there is nothing to count: back to zero, that is. */
const SENDER_STATUSES = ['active', 'paused'];

/** What waits, and for how long: the promises as figures. */
@Injectable()
export class MeasureService {
  private readonly channel;
  private readonly queues: string[];

  constructor(
    connection: BrokerConnection,
    @Inject(MESSAGING_OPTIONS) { names }: MessagingOptions,
    @Inject(SYSTEM_DB) private readonly database: DataSource,
    drain: Drain,
  ) {
    const partitions = (count: number) => Array.from({ length: count }, (_, p) => p);
    this.queues = [
      ...partitions(INBOUND_PARTITIONS).map(names.inboundQueue),
      ...partitions(OUTBOUND_PARTITIONS).map(names.outboundQueue),
      names.archiveQueue,
      names.workersQueue('waba'),
      names.exchange.dead,
    ];
    this.channel = connection.channel('measure', () => Promise.resolve());
    drain.on('close-connections', 'measure', () => this.channel.close());
  }

  async brokerQueues(): Promise<void> {
    for (const queue of this.queues) {
      const answer = await this.channel.current?.checkQueue(queue);
      if (!answer) throw new Error('no channel to the broker');
      messages.set({ queue }, answer.messageCount);
      consumers.set({ queue }, answer.consumerCount);
    }
  }

  async waiting(): Promise<void> {
    await this.parkedStatuses();
    await this.deliveries();
    await this.overdueMessages();
  }

  private async parkedStatuses() {
    const [row] = await this.database.query<{ count: string; age: number }[]>(
      `SELECT (SELECT count(*) FROM (SELECT FROM parked_status ORDER BY received_at LIMIT ${COUNTED_UP_TO}) p) AS count,
              coalesce((SELECT extract(epoch FROM now() - min(received_at)) FROM parked_status
                         WHERE received_at > now() - interval '1 day'), 0)::float AS age`,
    );
    parked.set(Number(row!.count));
    parkedAge.set(row!.age);
  }

  private async deliveries() {
    const rows = await this.database.query<{ status: string; count: string }[]>(
      // Said twice, that none is processed: the index of those in trouble is found by these words.
      `SELECT aside.status, counted.count FROM unnest($1::text[]) AS aside (status) CROSS JOIN LATERAL
              (SELECT count(*) FROM (SELECT FROM webhook_delivery d
                WHERE d.status = aside.status AND d.status <> 'processed' AND d.replayed_at IS NULL
                LIMIT ${COUNTED_UP_TO}) d) counted`,
      [PUT_ASIDE],
    );
    for (const status of PUT_ASIDE) {
      putAside.set({ status }, Number(rows.find((row) => row.status === status)!.count));
    }
  }

  private async overdueMessages() {
    const rows = await this.database.query<{ status: string; count: string; age: number }[]>(
      `SELECT s.status, count(*) AS count, max(extract(epoch FROM now() - m.due))::float AS age
         FROM (SELECT sender_id, coalesce(next_attempt_at, created_at) AS due FROM message
                WHERE status = 'queued' AND coalesce(next_attempt_at, created_at) < now() - interval '1 minute'
                LIMIT ${COUNTED_UP_TO}) m
         JOIN sender s ON s.id = m.sender_id GROUP BY s.status`,
    );
    for (const status of SENDER_STATUSES) {
      const row = rows.find((one) => one.status === status);
      overdue.set({ sender_status: status }, Number(row?.count ?? 0));
      overdueAge.set({ sender_status: status }, row?.age ?? 0);
    }
  }
}

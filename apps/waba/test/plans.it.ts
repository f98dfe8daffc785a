import {
  conversationAssign,
  conversationGet,
  conversationList,
  conversationOpen,
  conversationRead,
  messageList,
  messageSend,
  senderList,
  streamHeads,
  streamRead,
  templateList,
  webhookDeliveryList,
} from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { randomUUID } from 'node:crypto';
import { COUNTED_UP_TO, MeasureService } from '../src/maintenance/measure.service';
import { OverdueService } from '../src/maintenance/overdue.service';
import { RetentionService } from '../src/maintenance/retention.service';
import { change, delivery, WabaHarness, type TestSender } from './harness';
import { fill } from './plan-data';
import { PlanRecorder, type Read, type RecordedPlan } from './plan-recorder';

const PAGE = 20;
/** What a page costs: the page itself from each part that it is merged from, and what belongs to its rows. */
const MOST_ROWS = 12 * PAGE;
const MOST_BUFFERS = 600;
/** Retention deletes in pages of its own. */
const RETENTION_PAGE = 2_000;

describe('what the statements of the roads read in a full database', () => {
  let waba: WabaHarness;
  let sender: TestSender;
  let second: TestSender;
  let plans: RecordedPlan[];
  const agents = Array.from({ length: 5 }, () => randomUUID());
  const long = { id: randomUUID(), messages: 5_000 };

  beforeAll(async () => {
    waba = await WabaHarness.start();
    sender = await waba.addSender();
    second = await waba.addSender(sender.tenantId);
    await fill(waba.database.url, [sender, second, await waba.addSender()], {
      conversations: 30_000,
      agents,
      long,
    });
    await waba.restart();
    const recorder = new PlanRecorder();
    recorder.start();
    try {
      await driveRoads();
    } finally {
      plans = await recorder.stop();
    }
  }, 120_000);
  afterAll(() => waba.stop());

  const token = (role: 'admin' | 'leader' | 'agent', agentId = agents[0]!) =>
    waba.identity.token({
      tenantId: sender.tenantId,
      agentId,
      role,
      teamIds: role === 'admin' ? [] : [sender.teamId, second.teamId],
    });

  async function driveRoads() {
    await roadIn();
    await roadOut();
    await screens();
    await waba.get(OverdueService).endLostSends(0);
    await waba.get(OverdueService).applyParked(60);
    await waba.get(RetentionService).run();
    await waba.get(MeasureService).waiting();
  }

  /** A new customer, known ones by number and by user id, a second delivery, statuses of known and unknown messages. */
  async function roadIn() {
    const again = waba.text('62901', 'twice');
    const messages = [
      waba.text('6281999', 'new'),
      waba.text('62900', 'known'),
      { ...waba.text('62902', 'known'), from_user_id: 'ID.2' },
      again,
    ];
    const contacts = [{ wa_id: '62900', profile: { name: 'Learned' } }];
    await waba.deliver(delivery(change(sender, { contacts, messages })));
    await stored(again.id);
    await waba.deliver(delivery(change(sender, { messages: [again] })));
    const statuses = [
      { id: 'wamid.PLAN0.2', status: 'played', timestamp: '1763000000', recipient_id: '62900' },
      { id: 'wamid.NOBODY', status: 'sent', timestamp: '1763000000', recipient_id: '62900' },
    ];
    await waba.deliver(delivery(change(sender, { statuses })));
    await eventually(async () =>
      expect(await waba.query(`SELECT FROM parked_status WHERE wamid = 'wamid.NOBODY'`)).toHaveLength(1),
    );
  }

  async function stored(wamid: string) {
    await eventually(async () =>
      expect(
        await waba.query('SELECT FROM message_key WHERE sender_id = $1 AND wamid = $2', [sender.id, wamid]),
      ).toHaveLength(1),
    );
  }

  async function roadOut() {
    const message = { type: 'text', text: { body: 'yes' } };
    const request = { conversationId: long.id, idempotencyKey: randomUUID(), message };
    const { id } = await waba.rpc.call(messageSend, request, { token: token('admin') });
    await waba.rpc.call(messageSend, request, { token: token('admin') });
    await waba.rpc.call(
      messageSend,
      {
        ...request,
        idempotencyKey: randomUUID(),
        message: { type: 'template', template: { name: 'welcome', language: { code: 'en' } } },
      },
      { token: token('admin') },
    );
    await eventually(async () =>
      expect(await waba.query(`SELECT FROM message WHERE id = $1 AND status = 'sent'`, [id])).toHaveLength(1),
    );
    for (const status of ['sent', 'read']) {
      const report = { id: `wamid.OUT.${id}`, status, timestamp: '1763000000', biz_opaque_callback_data: id };
      await waba.deliver(delivery(change(sender, { statuses: [report] })));
    }
    await eventually(async () =>
      expect(await waba.query(`SELECT FROM message WHERE id = $1 AND status = 'read'`, [id])).toHaveLength(1),
    );
  }

  /** Every view of the inbox with every filter, its first page and the next, and what a screen asks beside. */
  async function screens() {
    const filters = [
      {},
      { status: 'open' as const },
      { status: 'closed' as const },
      { senderId: second.id },
      { senderId: second.id, status: 'closed' as const },
      { assigneeId: agents[0] },
      { assigneeId: agents[1] },
      { assigneeId: 'none' as const },
    ];
    for (const role of ['admin', 'leader', 'agent'] as const) {
      const as = { token: token(role) };
      for (const filter of filters) {
        const first = await waba.rpc.call(conversationList, { ...filter, limit: PAGE }, as);
        if (!first.nextCursor) continue;
        await waba.rpc.call(conversationList, { ...filter, limit: PAGE, cursor: first.nextCursor }, as);
      }
    }
    const as = { token: token('admin') };
    const page = await waba.rpc.call(messageList, { conversationId: long.id, limit: PAGE }, as);
    const cursor = page.nextCursor!;
    await waba.rpc.call(messageList, { conversationId: long.id, limit: PAGE, cursor }, as);
    await waba.rpc.call(conversationGet, { conversationId: long.id }, as);
    await waba.rpc.call(conversationRead, { conversationId: long.id }, as);
    await waba.rpc.call(conversationAssign, { conversationId: long.id, assigneeId: agents[2] }, as);
    await waba.rpc.call(conversationOpen, { senderId: sender.id, phone: '6281777', name: 'New' }, as);
    await waba.rpc.call(senderList, { limit: PAGE }, as);
    await waba.rpc.call(senderList, { limit: PAGE, sort: 'name' }, as);
    await waba.rpc.call(templateList, { limit: PAGE }, as);
    await waba.rpc.call(templateList, { limit: PAGE, sort: '-name' }, as);
    const deliveries = await waba.rpc.call(webhookDeliveryList, { limit: PAGE }, as);
    await waba.rpc.call(webhookDeliveryList, { limit: PAGE, cursor: deliveries.nextCursor! }, as);
    const { heads } = await waba.rpc.call(streamHeads, { tenantIds: [sender.tenantId] });
    const { epoch, head } = heads[0]!;
    await waba.rpc.call(streamRead, { tenantId: sender.tenantId, epoch, after: head - 10 });
    await waba.rpc.call(streamRead, { tenantId: sender.tenantId, epoch, after: 0, limit: PAGE });
  }

  const shown = (some: RecordedPlan[]) =>
    some.map(({ text, ...plan }) => ({ ...plan, text: text.replace(/\s+/g, ' ').slice(0, 400) }));

  /** Numbers are read whole into memory; attempts are of deliveries in trouble; retention looks at each stream. */
  const mayBeWhole = ({ text }: RecordedPlan, { table }: Read) =>
    table === 'sender' ||
    table === 'webhook_attempt' ||
    (table === 'stream' && text.includes('FROM stream s CROSS JOIN LATERAL'));

  /** The scheduler counts what waits, up to a limit. */
  const isCount = ({ text }: RecordedPlan) => text.includes(`LIMIT ${COUNTED_UP_TO}`);

  const isDelete = ({ text }: RecordedPlan) => /\bDELETE FROM\b/.test(text);

  it('explains what the product really sends', () => {
    expect(shown(plans.filter((p) => p.error))).toEqual([]);
    expect(new Set(plans.map((p) => p.role))).toEqual(new Set(['scrm_waba_app', 'scrm_waba_system']));
    expect(new Set(plans.map((p) => p.text)).size).toBeGreaterThan(40);
  });

  it('reads no table from one end to the other, but those that are small', () => {
    const whole = plans.filter((p) => p.reads.some((r) => r.how === 'Seq Scan' && !mayBeWhole(p, r)));
    expect(shown(whole)).toEqual([]);
  });

  it('reads no more rows than a page takes, and sorts no more', () => {
    const beyond = plans.filter((p) => {
      const most = isDelete(p) ? 2 * RETENTION_PAGE : isCount(p) ? COUNTED_UP_TO : MOST_ROWS;
      return p.sorted > most || p.reads.some((r) => r.rows > most && !mayBeWhole(p, r));
    });
    expect(shown(beyond)).toEqual([]);
  });

  it('touches few pages of the database', () => {
    const beyond = plans.filter((p) => p.buffers > MOST_BUFFERS && !isDelete(p));
    expect(shown(beyond.filter((p) => !p.reads.some((r) => mayBeWhole(p, r) && r.rows > MOST_ROWS)))).toEqual(
      [],
    );
  });
});

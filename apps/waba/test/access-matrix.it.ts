import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { assignmentTargetGet } from '@scrm/contracts';
import { RPC_METADATA } from '@scrm/messaging';
import { rpcHandlers, TenantRows, testAccess, type MatrixWorld, type Who } from '@scrm/testing';
import { SCHEMA } from '../src/db/data-source';
import { change, delivery, WabaHarness, type TestSender } from './harness';

let waba: WabaHarness;
let customers = 0;
/** Of agents and teams, which another service knows. */
const tenantOf = new Map<string, string>();

async function start(): Promise<MatrixWorld> {
  waba = await WabaHarness.start();
  const rows = await TenantRows.open(waba.database.url, SCHEMA);
  waba.user.on(assignmentTargetGet, ({ tenantId, agentId, teamId }) => ({
    agent: agentId && tenantOf.get(agentId) === tenantId ? { status: 'active' as const, version: 1 } : null,
    team: teamId !== undefined && tenantOf.get(teamId) === tenantId,
  }));
  return {
    rows,
    join: (role) => {
      const who = {
        ...{ tenantId: randomUUID(), agentId: randomUUID(), sessionId: randomUUID() },
        ...{ teamIds: [randomUUID()], agentVersion: 1, tenantVersion: 1 },
      };
      const rights = typeof role === 'string' ? { role } : { role: randomUUID(), grants: role };
      return Promise.resolve({ ...who, ...rights });
    },
    tokenOf: (who, seconds) => waba.identity.token(who, seconds),
    ask: (contract, request, token) => waba.rpc.call(contract, request, { token }),
    async stop() {
      await rows.close();
      await waba.stop();
    },
  };
}

/** One whose conversations are in the care of a team of `who`. */
const newSender = ({ tenantId, teamIds }: Who): Promise<TestSender> => waba.addSender(tenantId, teamIds[0]);

/** One that waits in a team of `who`, and may be answered. */
async function newConversation({ rows }: MatrixWorld, who: Who): Promise<string> {
  const [id, contactId] = [randomUUID(), randomUUID()];
  const sender = await newSender(who);
  const tenant = { tenant_id: who.tenantId };
  await rows.insert('contact', { id: contactId, ...tenant, wa_id: `62812${++customers}` });
  await rows.insert('conversation', {
    ...{ id, ...tenant, sender_id: sender.id, contact_id: contactId, team_id: sender.teamId },
    ...{ unread_count: 1, last_inbound_at: new Date() },
  });
  return id;
}

async function newMessage(world: MatrixWorld, who: Who): Promise<{ conversationId: string }> {
  const conversationId = await newConversation(world, who);
  await world.rows.insert('message', {
    ...{
      id: randomUUID(),
      tenant_id: who.tenantId,
      conversation_id: conversationId,
      sender_id: randomUUID(),
    },
    ...{ seq: 1, direction: 'in', type: 'text', content: { body: 'hello' }, status: 'received' },
    occurred_at: new Date(),
  });
  return { conversationId };
}

async function newTemplate({ rows }: MatrixWorld, who: Who): Promise<object> {
  await rows.insert('template', {
    ...{ id: randomUUID(), tenant_id: who.tenantId, waba_id: randomUUID(), name: 'order_update' },
    ...{ language: 'id', category: 'UTILITY', status: 'APPROVED', components: '[]' },
  });
  return {};
}

async function newDelivery({ rows }: MatrixWorld, who: Who): Promise<string> {
  const id = randomUUID();
  const body = delivery(change(await newSender(who), { messages: [waba.text('6281201', 'hello')] }));
  await rows.insert('webhook_delivery', {
    ...{ id, tenant_ids: [who.tenantId], received_at: new Date(), status: 'quarantined' },
    body: Buffer.from(JSON.stringify(body)),
  });
  return id;
}

/** One that is in the audit trail, as whoever did something and as what it was done to. */
async function newAudited({ rows }: MatrixWorld, who: Who): Promise<string> {
  const id = randomUUID();
  await rows.insert('audit_entry', {
    ...{ tenant_id: who.tenantId, action: 'conversation.assigned' },
    ...{ actor_kind: 'agent', actor_id: id, target_kind: 'conversation', target_id: id },
  });
  return id;
}

/** An agent or a team, of the service that owns people. */
function newElsewhere(_: MatrixWorld, { tenantId }: Who): Promise<string> {
  const id = randomUUID();
  tenantOf.set(id, tenantId);
  return Promise.resolve(id);
}

const SEEN = ['conversation', 'stream', 'stream_event'];

describe('what people ask of waba', () => {
  testAccess({
    handlers: rpcHandlers(path.join(__dirname, '../src'), RPC_METADATA),
    start,
    ids: {
      actorId: newAudited,
      assigneeId: newElsewhere,
      conversationId: newConversation,
      deliveryId: newDelivery,
      senderId: async (_, who) => (await newSender(who)).id,
      targetId: newAudited,
      teamId: newElsewhere,
    },
    requests: {
      'waba.message.list.v1': newMessage,
      'waba.template.list.v1': newTemplate,
    },
    changes: {
      'conversation.assign': SEEN,
      'message.send': [...SEEN, 'contact', 'idempotency_key', 'message', 'message_key'],
      // What the delivery holds comes in meanwhile.
      'webhook-delivery.replay': [...SEEN, 'contact', 'message', 'message_key', 'webhook_delivery'],
    },
    beside: {},
    notOurs: {},
    shared: [],
    unanswered: {},
    taken: {},
  });
});

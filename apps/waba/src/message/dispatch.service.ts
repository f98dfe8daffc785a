import { Inject, Injectable } from '@nestjs/common';
import { counter, crashPoint } from '@scrm/platform';
import { execute, transaction, type Transaction } from '@scrm/database';
import type { DataSource } from 'typeorm';
import type { GraphError, SendOutcome } from '../cloud-api/cloud-api.client';
import { ruleOf, waitBefore, type GraphErrorRule } from '../cloud-api/graph-errors';
import type { MessageRecord } from '../conversation/conversation.record';
import { SYSTEM_DB } from '../db/data-source';
import { Timeline, type TenantChanges } from '../stream/timeline';
import { lockMessages } from './message.repository';
import { INSERT_MESSAGE_KEYS } from './status.service';

/** A message that this process alone may send now, and all that it takes to send it. */
export interface ClaimedMessage {
  id: string;
  conversation_id: string;
  sender_id: string;
  tenant_id: string;
  type: string;
  content: unknown;
  reply_to: string | null;
  attempts: number;
  trace_id: string | null;
  wa_id: string | null;
  user_id: string | null;
  group_id: string | null;
  phone_number_id: string;
  access_token: Buffer;
}

export interface Settlement {
  claim: ClaimedMessage;
  outcome: SendOutcome;
}

/** What the dispatcher does next in the conversation, and with the whole number. */
export interface AfterSend {
  goOn: boolean;
  slowDownMs: number;
}

/** One message's many tries must not stop its whole number for long. */
const LONGEST_SLOW_DOWN_MS = 60_000;

/** Where nothing reached Meta: as patient as with a service that is down. */
const CONNECTION_RULE: GraphErrorRule = { action: 'retry', attempts: 30, waitMs: 1_000 };

const outboundTotal = counter('message_outbound_total', 'Outgoing messages by what became of them', [
  'outcome',
  'error_class',
]);

@Injectable()
export class DispatchService {
  constructor(@Inject(SYSTEM_DB) private readonly database: DataSource) {}

  /**
   * Claims the oldest waiting message of each conversation, unless an older one is on its way. The claim is committed
   * before a byte goes to Meta, so that no crash can lead to a second send.
   */
  async claim(conversationIds: string[], claimant: string): Promise<(ClaimedMessage | null)[]> {
    const claimed = await execute<ClaimedMessage>(this.database, CLAIM, [conversationIds, claimant]);
    const byConversation = new Map(claimed.map((c) => [c.conversation_id, c]));
    // Who asks twice for one conversation gets its message once: two holders would send it twice.
    return conversationIds.map((id) => {
      const claim = byConversation.get(id) ?? null;
      byConversation.delete(id);
      return claim;
    });
  }

  /** Writes down what became of sends. @returns what to publish, and what to do next for each */
  async settle(settlements: Settlement[]): Promise<{ changes: TenantChanges[]; after: AfterSend[] }> {
    return transaction(this.database, async (tx) => {
      const [timeline, messages] = await Promise.all([
        Timeline.open(
          tx,
          settlements.map((s) => s.claim.conversation_id),
        ),
        lockMessages(
          tx,
          settlements.map((s) => s.claim.id),
        ),
      ]);
      const byId = new Map(messages.map((m) => [m.id, m]));
      const after = settlements.map((s) => this.settleOne(timeline, byId.get(s.claim.id)!, s));
      const keys = messages.filter((m) => m.wamid).map((m) => ({ ...m, message_id: m.id }));
      if (keys.length > 0) tx.send(INSERT_MESSAGE_KEYS, [JSON.stringify(keys)]);
      pauseSenders(tx, settlements);
      const changes = timeline.commit();
      crashPoint('dispatch.written');
      return { changes: await changes, after };
    });
  }

  private settleOne(timeline: Timeline, message: MessageRecord, { claim, outcome }: Settlement): AfterSend {
    const conversation = timeline.get(message.conversation_id);
    const done = (status: MessageRecord['status'], error: GraphError | null) => {
      message.status = status;
      message.error = error;
      timeline.update(message);
      timeline.record(conversation, 'message.status', message, traced(message));
      return { goOn: true, slowDownMs: 0 };
    };
    if (outcome.kind === 'accepted') {
      outboundTotal.inc({ outcome: 'sent', error_class: 'none' });
      message.wamid = outcome.wamid;
      message.error = null;
      // Its status webhook may have been faster than this answer.
      if (['queued', 'sending', 'unknown'].includes(message.status)) message.status = 'sent';
      timeline.update(message);
      timeline.record(conversation, 'message.sent', message, traced(message));
      return { goOn: true, slowDownMs: 0 };
    }
    // Meta's webhook has already told what became of it. (`unknown` was only our own impatience.)
    if (message.status !== 'sending' && message.status !== 'unknown') return { goOn: true, slowDownMs: 0 };
    if (outcome.kind === 'unknown') {
      outboundTotal.inc({ outcome: 'unknown', error_class: 'connection' });
      return done('unknown', { code: 0, title: 'No answer from WhatsApp', details: outcome.reason });
    }
    const rule = outcome.kind === 'not-sent' ? CONNECTION_RULE : ruleOf(outcome.error.code);
    const error =
      outcome.kind === 'not-sent' ? { code: 0, title: 'WhatsApp could not be reached' } : outcome.error;
    if (rule.action === 'fail' || (rule.attempts !== undefined && claim.attempts >= rule.attempts)) {
      outboundTotal.inc({ outcome: 'failed', error_class: rule.action });
      return done('failed', error);
    }
    outboundTotal.inc({ outcome: 'again', error_class: rule.action });
    message.status = 'queued';
    message.error = null;
    const asked = outcome.kind === 'rejected' ? (outcome.retryAfterMs ?? 0) : 0;
    const wait = rule.action === 'pause' ? 0 : Math.max(asked, waitBefore(claim.attempts, rule));
    timeline.update(message, { nextAttemptAt: new Date(timeline.now.getTime() + wait) });
    return { goOn: false, slowDownMs: rule.action === 'throttle' ? Math.min(wait, LONGEST_SLOW_DOWN_MS) : 0 };
  }
}

/** A token that ended or a number that is blocked fails every message alike: the number waits for a person. */
function pauseSenders(tx: Transaction, settlements: Settlement[]) {
  for (const { claim, outcome } of settlements) {
    if (outcome.kind !== 'rejected' || ruleOf(outcome.error.code).action !== 'pause') continue;
    tx.send(`UPDATE sender SET status = 'paused', paused_reason = $2 WHERE id = $1`, [
      claim.sender_id,
      `${outcome.error.code}: ${outcome.error.title ?? ''}`.slice(0, 500),
    ]);
  }
}

const traced = ({ trace_id: traceId }: MessageRecord) => (traceId ? { traceId } : {});

const CLAIM = `
  WITH oldest AS (
    SELECT DISTINCT ON (conversation_id) id FROM message
     WHERE conversation_id = ANY($1) AND status IN ('queued', 'sending')
     ORDER BY conversation_id, seq
  )
  UPDATE message m SET status = 'sending', claimed_by = $2, claimed_at = now(), attempts = m.attempts + 1
    FROM oldest o, conversation v, contact c, sender s
   WHERE m.id = o.id AND m.status = 'queued' AND (m.next_attempt_at IS NULL OR m.next_attempt_at <= now())
     AND v.id = m.conversation_id AND c.id = v.contact_id AND s.id = m.sender_id AND s.status = 'active'
  RETURNING m.id, m.conversation_id, m.sender_id, m.tenant_id, m.type, m.content, m.reply_to, m.attempts, m.trace_id,
            c.wa_id, c.user_id, c.group_id, s.phone_number_id, s.access_token`;

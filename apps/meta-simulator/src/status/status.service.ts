import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../clock/clock';
import { type Conversation, ConversationStore, type PhoneMessage } from '../phone/conversation.store';
import { PhoneEvents } from '../phone/phone.events';
import { phoneView } from '../phone/phone.view';
import { mergeStatuses, Settings } from '../settings/settings';
import type { Statuses, StatusName } from '../settings/settings.schema';
import { WebhookService } from '../webhook/webhook.service';
import type { Outgoing } from './outgoing';
import { copiesOf, type PlannedStatus, planStatuses } from './status.plan';
import { statusValue } from './status.value';

const RANK: Record<string, number> = { pending: 0, failed: 0, sent: 1, delivered: 2, read: 3 };

/** What happens to an accepted message: it reaches the phone, and Meta tells about it. */
@Injectable()
export class StatusService implements OnModuleDestroy {
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly settings: Settings,
    private readonly clock: Clock,
    private readonly conversations: ConversationStore,
    private readonly events: PhoneEvents,
    private readonly webhooks: WebhookService,
  ) {}

  run(outgoing: Outgoing, conversation: Conversation): void {
    const settings = this.settingsFor(outgoing);
    const message: PhoneMessage = {
      id: outgoing.wamid,
      direction: 'out',
      at: this.clock.now(),
      type: outgoing.type,
      message: outgoing.body,
      state: 'pending',
      outgoing,
    };
    const plan = planStatuses(settings);
    outgoing.readPlanned = settings.autoRead;
    for (const step of plan)
      this.later(step.delayMs, () => this.happen(step, message, conversation, settings));
  }

  /** The customer looks at the chat: everything that arrived is read now. */
  readAll(conversation: Conversation): number {
    let count = 0;
    for (const message of conversation.messages) {
      if (message.direction !== 'out' || RANK[message.state] === 0 || message.state === 'read') continue;
      if (this.read(message, conversation)) count++;
    }
    return count;
  }

  /** Tells a status that nobody planned, for tests that drive each step by hand. */
  tell(outgoing: Outgoing, status: StatusName | 'failed', code?: number): void {
    const fail = status === 'failed' ? { code: code ?? 131000 } : undefined;
    this.emit(outgoing, status, 1, fail);
  }

  reset(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
  }

  onModuleDestroy(): void {
    this.reset();
  }

  private happen(
    step: PlannedStatus,
    message: PhoneMessage,
    conversation: Conversation,
    settings: Statuses,
  ): void {
    const outgoing = message.outgoing as Outgoing;
    // The message is on the phone from its first status on, whichever that is.
    if (message.state === 'pending' && step.status !== 'failed') {
      message.at = this.clock.now();
      message.state = 'sent';
      this.conversations.add(conversation, message);
      this.publish(message, conversation, 'message');
    }
    this.advance(message, conversation, step.status);
    this.emit(outgoing, step.status, step.copies, settings.fail ?? undefined);
    const seen = step.status === 'delivered' && conversation.open > 0 && !outgoing.readPlanned;
    if (seen) {
      const wait = Math.max(0, settings.delays.read - settings.delays.delivered);
      this.later(wait, () => this.read(message, conversation));
    }
  }

  private read(message: PhoneMessage, conversation: Conversation): boolean {
    const outgoing = message.outgoing;
    if (!outgoing || outgoing.readPlanned) return false;
    outgoing.readPlanned = true;
    this.advance(message, conversation, 'read');
    const settings = this.settingsFor(outgoing);
    this.emit(outgoing, 'read', copiesOf('read', settings, Math.random), undefined);
    return true;
  }

  private advance(message: PhoneMessage, conversation: Conversation, status: StatusName | 'failed'): void {
    const before = message.state;
    if (status === 'failed') message.state = 'failed';
    else if ((RANK[status] ?? 0) > (RANK[before] ?? 0)) message.state = status;
    if (message.state !== before) this.publish(message, conversation, 'state');
  }

  private emit(
    outgoing: Outgoing,
    status: StatusName | 'failed',
    copies: number,
    fail: Statuses['fail'] | undefined,
  ): void {
    for (let i = 0; i < copies; i++) {
      this.webhooks.emit({
        wabaId: outgoing.phone.waba.id,
        phoneNumberId: outgoing.phone.id,
        field: 'messages',
        value: statusValue(
          outgoing,
          status,
          this.clock.unixSeconds(),
          status === 'failed' && fail ? fail : undefined,
        ),
        items: [{ id: outgoing.wamid, status }],
      });
    }
  }

  /** Settings of the whole, of the number, of this one request: the nearer wins. */
  private settingsFor(outgoing: Outgoing): Statuses {
    let settings = mergeStatuses(this.settings.statuses, outgoing.phone.statuses);
    settings = mergeStatuses(settings, outgoing.statuses);
    return outgoing.fail ? { ...settings, fail: outgoing.fail } : settings;
  }

  private publish(message: PhoneMessage, conversation: Conversation, type: 'message' | 'state'): void {
    this.events.publish(() => ({
      type,
      phoneNumberId: conversation.phoneNumberId,
      customer: conversation.customer.key,
      data: phoneView(message),
    }));
  }

  private later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
  }
}

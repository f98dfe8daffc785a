import { Injectable } from '@nestjs/common';
import type { Customer } from '../customer/customer.store';
import { Settings } from '../settings/settings';
import type { Outgoing } from '../status/outgoing';
import { Fifo } from '../webhook/fifo';

export type MessageState = 'pending' | 'sent' | 'delivered' | 'read' | 'failed';

export interface PhoneMessage {
  id: string;
  /** `in` = the customer wrote it, `out` = the business did. */
  direction: 'in' | 'out';
  at: number;
  type: string;
  /** The message in Meta's own shape. */
  message: Record<string, unknown>;
  /** For `in`: pending until the webhook has its 200 (one tick); read when the business marks it so. */
  state: MessageState;
  outgoing?: Outgoing;
}

export interface Conversation {
  readonly phoneNumberId: string;
  readonly customer: Customer;
  lastInboundAt?: number;
  lastAt: number;
  messages: PhoneMessage[];
  /** How many screens show this chat now. */
  open: number;
  stoppedMarketing: boolean;
}

const MAX_CONVERSATIONS = 200_000;

/** What the customers' phones hold: the 24-hour window is measured here too. */
@Injectable()
export class ConversationStore {
  private readonly conversations = new Map<string, Conversation>();
  private readonly byWamid = new Map<string, { conversation: Conversation; message: PhoneMessage }>();
  private readonly age = new Fifo<Conversation>();

  constructor(private readonly settings: Settings) {}

  get(phoneNumberId: string, customer: Customer): Conversation {
    const key = `${phoneNumberId}|${customer.key}`;
    let conversation = this.conversations.get(key);
    if (!conversation) {
      if (this.conversations.size >= MAX_CONVERSATIONS) this.forgetOldestConversation();
      conversation = { phoneNumberId, customer, lastAt: 0, messages: [], open: 0, stoppedMarketing: false };
      this.conversations.set(key, conversation);
    }
    return conversation;
  }

  find(phoneNumberId: string, customer: Customer): Conversation | undefined {
    return this.conversations.get(`${phoneNumberId}|${customer.key}`);
  }

  message(wamid: string): { conversation: Conversation; message: PhoneMessage } | undefined {
    return this.byWamid.get(wamid);
  }

  add(conversation: Conversation, message: PhoneMessage): void {
    conversation.messages.push(message);
    conversation.lastAt = message.at;
    this.byWamid.set(message.id, { conversation, message });
    this.age.push(conversation);
    while (this.age.size > this.settings.limits.phoneMessages) {
      // Each push put its conversation in line, so the head's oldest message is the oldest of all.
      const oldest = this.age.shift()?.messages.shift();
      if (oldest) this.byWamid.delete(oldest.id);
    }
  }

  /** Most recent first. */
  recent(limit: number, phoneNumberId?: string, customer?: Customer): Conversation[] {
    const found: Conversation[] = [];
    for (const each of this.conversations.values()) {
      if (phoneNumberId !== undefined && each.phoneNumberId !== phoneNumberId) continue;
      if (customer !== undefined && each.customer !== customer) continue;
      found.push(each);
    }
    return found.sort((a, b) => b.lastAt - a.lastAt).slice(0, limit);
  }

  clear(): void {
    this.conversations.clear();
    this.byWamid.clear();
    this.age.clear();
  }

  private forgetOldestConversation(): void {
    const first = this.conversations.entries().next().value;
    if (!first) return;
    for (const message of first[1].messages) this.byWamid.delete(message.id);
    first[1].messages = [];
    this.conversations.delete(first[0]);
  }
}

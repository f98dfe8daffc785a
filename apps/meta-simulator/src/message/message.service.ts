import { Injectable } from '@nestjs/common';
import { type PhoneNumber, templateKey } from '../account/account.store';
import { Clock } from '../clock/clock';
import { type Customer, CustomerStore } from '../customer/customer.store';
import { badParameter, GraphError } from '../graph/graph.error';
import type { FaultEffect } from '../graph/graph.request';
import { newWamid } from '../graph/ids';
import { LedgerStore } from '../ledger/ledger.store';
import { MediaStore } from '../media/media.store';
import { type Conversation, ConversationStore } from '../phone/conversation.store';
import { Settings } from '../settings/settings';
import { StatusService } from '../status/status.service';
import { checkTemplateParameters, checkTemplateState } from '../template/template.check';
import type { Template } from '../template/template.types';
import type { Json } from './check';
import { checkMessage } from './message.check';
import { RateLimiter } from './rate.limit';
import { normaliseRecipient } from './recipient';

const WINDOW_MS = 24 * 3_600_000;
const MEDIA = new Set(['image', 'video', 'audio', 'document', 'sticker']);

interface Target {
  input: string;
  customer: Customer;
  groupId?: string;
}

/** `POST /messages`: every reason to say no, then acceptance. */
@Injectable()
export class MessageService {
  private readonly numberRate = new RateLimiter();
  private readonly pairRate = new RateLimiter();

  constructor(
    private readonly settings: Settings,
    private readonly clock: Clock,
    private readonly customers: CustomerStore,
    private readonly conversations: ConversationStore,
    private readonly media: MediaStore,
    private readonly ledger: LedgerStore,
    private readonly statuses: StatusService,
  ) {}

  send(phone: PhoneNumber, body: Json, effect: FaultEffect = {}): Json {
    try {
      return this.accept(phone, body, effect);
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      const throttled = error.code === 130429 || error.code === 131056;
      const shown = throttled
        ? new GraphError(error.code, error.details, {
            ...error.options,
            http: this.settings.limits.throttleStatus,
          })
        : error;
      this.ledger.send({ phoneNumberId: phone.id, body, outcome: 'rejected', code: error.code });
      throw shown;
    }
  }

  reset(): void {
    this.numberRate.clear();
    this.pairRate.clear();
  }

  private accept(phone: PhoneNumber, body: Json, effect: FaultEffect): Json {
    const type = checkMessage(body);
    this.checkAccount(phone);
    this.checkThroughput(phone);
    const target = this.target(phone, body);
    const conversation = this.conversations.get(phone.id, target.customer);
    this.checkMedia(phone, type, body);
    let template: Template | undefined;
    let fail = effect.fail;
    try {
      template = type === 'template' ? this.checkTemplate(phone, body, conversation) : undefined;
      if (type !== 'template') this.checkWindow(conversation, target);
      this.checkPair(phone, target);
    } catch (error) {
      if (!(error instanceof GraphError) || !this.settings.limits.asyncErrors.includes(error.code))
        throw error;
      fail ??= { code: error.code, ...(error.details ? { details: error.details } : {}) };
    }

    const wamid = newWamid(target.customer.waId ?? target.customer.key, 'out');
    const callbackId = body.biz_opaque_callback_data;
    this.ledger.send({
      phoneNumberId: phone.id,
      to: target.groupId ?? normaliseRecipient(target.input),
      type,
      body,
      wamid,
      outcome: effect.cut ? 'accepted-unanswered' : 'accepted',
      ...(fail ? { code: fail.code } : {}),
    });
    this.statuses.run(
      {
        wamid,
        phone,
        customer: target.customer,
        ...(target.groupId === undefined ? {} : { groupId: target.groupId }),
        ...(typeof callbackId === 'string' ? { callbackId } : {}),
        type,
        body,
        category: template?.category.toLowerCase() ?? (type === 'template' ? 'utility' : 'service'),
        ...(effect.statuses ? { statuses: effect.statuses } : {}),
        ...(fail ? { fail } : {}),
        readPlanned: false,
      },
      conversation,
    );
    return this.answer(target, wamid, type === 'template');
  }

  private answer(target: Target, wamid: string, isTemplate: boolean): Json {
    const { customer, input, groupId } = target;
    return {
      messaging_product: 'whatsapp',
      contacts: [
        {
          input,
          ...(groupId !== undefined || customer.waId === undefined ? {} : { wa_id: customer.waId }),
          ...(groupId !== undefined || customer.userId === undefined ? {} : { user_id: customer.userId }),
        },
      ],
      messages: [
        {
          id: wamid,
          ...(groupId === undefined ? {} : { group_id: groupId }),
          ...(isTemplate ? { message_status: 'accepted' } : {}),
        },
      ],
    };
  }

  private checkAccount(phone: PhoneNumber): void {
    if (phone.locked || phone.waba.locked) throw new GraphError(131031, 'The account is locked');
    if (!phone.registered) throw new GraphError(133010, 'The number is not registered on the platform');
    if (phone.paymentIssue || phone.waba.paymentIssue)
      throw new GraphError(131042, 'There is a payment problem');
  }

  private checkThroughput(phone: PhoneNumber): void {
    const { limits } = this.settings;
    if (!limits.enforceThroughput) return;
    const rate = phone.messagesPerSecond ?? limits.messagesPerSecond;
    if (!this.numberRate.take(phone.id, Math.max(1, rate), 1000 / rate, this.clock.now())) {
      throw new GraphError(130429, 'Cloud API message throughput has been reached');
    }
  }

  /** `to` wins when both are given. */
  private target(phone: PhoneNumber, body: Json): Target {
    const to = typeof body.to === 'string' && body.to !== '' ? body.to : undefined;
    const input = to ?? String(body.recipient);
    if (body.recipient_type === 'group') {
      return { input, groupId: input, customer: this.customers.recipient(input) };
    }
    const alias = normaliseRecipient(input);
    if (to !== undefined && !/^\d{5,20}$/.test(alias)) {
      throw new GraphError(131009, `Recipient ${to} is not a valid phone number`);
    }
    if (alias === phone.digits)
      throw new GraphError(131021, 'The sender and the recipient are the same number');
    return { input, customer: this.customers.recipient(alias) };
  }

  private checkMedia(phone: PhoneNumber, type: string, body: Json): void {
    if (!this.settings.limits.enforceMedia || !MEDIA.has(type)) return;
    const id = (body[type] as Json).id;
    if (typeof id !== 'string') return;
    if (this.media.get(id)?.wabaId !== phone.waba.id) {
      throw badParameter(`Param ${type}['id'] is not a valid whatsapp business account media attachment ID`);
    }
  }

  private checkWindow(conversation: Conversation, target: Target): void {
    if (!this.settings.limits.enforceWindow || target.groupId !== undefined) return;
    const last = conversation.lastInboundAt;
    if (last !== undefined && this.clock.now() - last < WINDOW_MS) return;
    throw new GraphError(
      131047,
      'Message failed to send because more than 24 hours have passed since the customer last replied to this number.',
    );
  }

  private checkTemplate(phone: PhoneNumber, body: Json, conversation: Conversation): Template | undefined {
    const sent = body.template as Json;
    const name = String(sent.name);
    const language = String((sent.language as Json).code);
    const template = phone.waba.templates.get(templateKey(name, language));
    if (this.settings.limits.enforceTemplates) {
      checkTemplateParameters(checkTemplateState(template, name, language), sent.components);
    }
    if (template?.category.toUpperCase() === 'MARKETING' && conversation.stoppedMarketing) {
      throw new GraphError(131050, 'The customer has stopped marketing messages from this business');
    }
    return template;
  }

  private checkPair(phone: PhoneNumber, target: Target): void {
    const { limits } = this.settings;
    if (!limits.enforcePairRate || target.groupId !== undefined) return;
    const key = `${phone.id}|${target.customer.key}`;
    if (!this.pairRate.take(key, limits.pairBurst, limits.pairEveryMs, this.clock.now())) {
      throw new GraphError(131056, 'Too many messages to this customer from this number in a short time');
    }
  }
}

import { Injectable } from '@nestjs/common';
import { AccountStore, type PhoneNumber } from '../account/account.store';
import { Clock } from '../clock/clock';
import { notFound } from '../control/parse';
import { newWamid } from '../graph/ids';
import { sampleFor } from '../media/media.sample';
import { MediaStore } from '../media/media.store';
import { isObject, type Json } from '../message/check';
import { ConversationStore, type PhoneMessage } from '../phone/conversation.store';
import { PhoneEvents } from '../phone/phone.events';
import { phoneView } from '../phone/phone.view';
import { metadata } from '../status/status.value';
import type { Update } from '../webhook/webhook.body';
import { WebhookService } from '../webhook/webhook.service';
import { CustomerStore } from './customer.store';
import type { InboundInput, PreferenceInput } from './inbound.schema';
import { contactOf, inboundMessage, inboundValue } from './inbound.value';

const MEDIA = new Set(['image', 'video', 'audio', 'document', 'sticker']);

export interface Written {
  wamid: string;
  deliveryId?: string;
}

/** What customers do: they write, and they stop marketing. */
@Injectable()
export class CustomerService {
  constructor(
    private readonly accounts: AccountStore,
    private readonly customers: CustomerStore,
    private readonly conversations: ConversationStore,
    private readonly media: MediaStore,
    private readonly clock: Clock,
    private readonly events: PhoneEvents,
    private readonly webhooks: WebhookService,
  ) {}

  write(input: InboundInput): Written {
    const { wamid, update } = this.prepare(input);
    const deliveryId = this.webhooks.emit(update);
    return { wamid, ...(deliveryId ? { deliveryId } : {}) };
  }

  writeMany(inputs: InboundInput[], perDelivery: number): { wamids: string[]; deliveryIds: string[] } {
    const prepared = inputs.map((input) => this.prepare(input));
    return {
      wamids: prepared.map((each) => each.wamid),
      deliveryIds: this.webhooks.emitTogether(
        prepared.map((each) => each.update),
        perDelivery,
      ),
    };
  }

  prefer(input: PreferenceInput): string | undefined {
    const phone = this.phone(input.phoneNumberId);
    const customer = this.customers.meet(input.from);
    // Stopping marketing is towards the business, so it holds for all its numbers.
    for (const each of phone.waba.phoneNumbers.values()) {
      this.conversations.get(each.id, customer).stoppedMarketing = input.value === 'stop';
    }
    const { wa_id, user_id, parent_user_id } = contactOf(input.from);
    return this.webhooks.emit({
      wabaId: phone.waba.id,
      phoneNumberId: phone.id,
      field: 'user_preferences',
      value: {
        messaging_product: 'whatsapp',
        metadata: metadata(phone),
        contacts: [contactOf(input.from)],
        user_preferences: [
          {
            ...(wa_id === undefined ? {} : { wa_id }),
            ...(user_id === undefined ? {} : { user_id }),
            ...(parent_user_id === undefined ? {} : { parent_user_id }),
            detail: input.detail ?? `User requested to ${input.value} marketing messages`,
            category: 'marketing_messages',
            value: input.value,
            timestamp: Math.floor(this.clock.now() / 1000),
          },
        ],
      },
      items: [{ id: customer.key, status: input.value, field: 'user_preferences' }],
    });
  }

  private prepare(input: InboundInput): { wamid: string; update: Update } {
    const { phoneNumberId, from, type, id, timestamp, groupId, ...rest } = input;
    const phone = this.phone(phoneNumberId);
    const customer = this.customers.meet(from);
    const wamid = id ?? newWamid(from.waId ?? customer.key, 'in');
    const when = timestamp === undefined ? this.clock.unixSeconds() : String(timestamp);
    if (MEDIA.has(type)) rest[type] = this.completeMedia(phone, type, rest[type]);
    const message = inboundMessage(from, wamid, when, type, groupId, rest);

    const conversation = this.conversations.get(phone.id, customer);
    // A system notice is Meta speaking; it opens no window.
    if (type !== 'system') conversation.lastInboundAt = this.clock.now();
    const shown: PhoneMessage = {
      id: wamid,
      direction: 'in',
      at: this.clock.now(),
      type,
      message,
      state: 'pending',
    };
    const where = { phoneNumberId: phone.id, customer: customer.key };
    if (!this.conversations.message(wamid)) {
      this.conversations.add(conversation, shown);
      this.events.publish(() => ({ type: 'message', ...where, data: phoneView(shown) }));
    }
    return {
      wamid,
      update: {
        wabaId: phone.waba.id,
        phoneNumberId: phone.id,
        field: 'messages',
        value: inboundValue(phone, from, message),
        items: [{ id: wamid }],
        onAccepted: () => {
          if (shown.state !== 'pending') return;
          shown.state = 'delivered';
          this.events.publish(() => ({ type: 'state', ...where, data: phoneView(shown) }));
        },
      },
    };
  }

  /**
   * A media part without an id gets a file: the bytes given as `base64`, or a small sample. So a test can say
   * `{type:'image', image:{}}` and download something afterwards.
   */
  private completeMedia(phone: PhoneNumber, type: string, part: unknown): Json {
    const { base64, ...given } = isObject(part) ? part : {};
    const stored = typeof given.id === 'string' ? this.media.get(given.id) : undefined;
    if (typeof given.id === 'string' && !stored) return given;
    const sample = sampleFor(type);
    const mime = typeof given.mime_type === 'string' ? given.mime_type : sample.mime;
    const media =
      stored ??
      this.media.put({
        wabaId: phone.waba.id,
        phoneNumberId: phone.id,
        mime,
        bytes: typeof base64 === 'string' ? Buffer.from(base64, 'base64') : sample.bytes,
      });
    return {
      ...(type === 'audio' ? { voice: true } : {}),
      ...(type === 'sticker' ? { animated: false } : {}),
      ...(type === 'document' ? { filename: media.filename ?? sample.filename ?? 'file' } : {}),
      ...given,
      id: media.id,
      mime_type: media.mime,
      sha256: Buffer.from(media.sha256, 'hex').toString('base64'),
    };
  }

  private phone(id: string): PhoneNumber {
    const phone = this.accounts.phoneNumbers.get(id);
    if (!phone) throw notFound(`no phone number ${id}`);
    return phone;
  }
}

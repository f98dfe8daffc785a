import { Injectable } from '@nestjs/common';
import { badParameter } from '../graph/graph.error';
import { ConversationStore } from '../phone/conversation.store';
import { PhoneEvents } from '../phone/phone.events';
import { phoneView } from '../phone/phone.view';
import { isObject, type Json, needText } from './check';

/** The business read a message, or is typing. */
@Injectable()
export class ReceiptService {
  constructor(
    private readonly conversations: ConversationStore,
    private readonly events: PhoneEvents,
  ) {}

  receive(body: Json): Json {
    if (body.messaging_product !== 'whatsapp')
      throw badParameter('The parameter messaging_product is required.');
    if (body.status !== 'read') throw badParameter('Param status must be one of {READ}.');
    const id = needText(body, 'message_id', 'message_id', 512);
    const typing = body.typing_indicator;
    if (typing !== undefined && (!isObject(typing) || typing.type !== 'text')) {
      throw badParameter("Param typing_indicator['type'] must be one of {TEXT}.");
    }
    // An id that is not remembered any more is no error: Meta's own memory is longer than ours.
    const known = this.conversations.message(id);
    if (!known) return { success: true };
    const { conversation } = known;
    const where = { phoneNumberId: conversation.phoneNumberId, customer: conversation.customer.key };
    for (const message of conversation.messages) {
      if (message.direction !== 'in' || message.state === 'read') {
        if (message.id === id) break;
        continue;
      }
      message.state = 'read';
      this.events.publish(() => ({ type: 'state', ...where, data: phoneView(message) }));
      if (message.id === id) break;
    }
    if (typing !== undefined)
      this.events.publish(() => ({ type: 'typing', ...where, data: { forMs: 25_000 } }));
    return { success: true };
  }
}

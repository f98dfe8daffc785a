import { type Json } from '../message/check';
import { renderTemplate } from '../template/template.render';
import type { PhoneMessage } from './conversation.store';

/** A message as the page needs it: templates are rendered here, and only when somebody looks. */
export function phoneView(message: PhoneMessage): Json {
  const { outgoing } = message;
  const sent = message.message.template;
  const template =
    outgoing && message.type === 'template' && typeof sent === 'object' && sent !== null
      ? renderTemplate(findTemplate(outgoing, sent as Json), sent as Json)
      : undefined;
  return {
    id: message.id,
    direction: message.direction,
    at: message.at,
    type: message.type,
    state: message.state,
    message: message.message,
    ...(template ? { template } : {}),
  };
}

function findTemplate(
  outgoing: NonNullable<PhoneMessage['outgoing']>,
  sent: Json,
): Parameters<typeof renderTemplate>[0] {
  const language = (sent.language as Json | undefined)?.code;
  return outgoing.phone.waba.templates.get(`${String(sent.name)}|${String(language)}`);
}

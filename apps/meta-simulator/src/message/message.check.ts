import { badParameter } from '../graph/graph.error';
import {
  checkMediaSource,
  invalid,
  isObject,
  type Json,
  missing,
  needArray,
  needObject,
  needText,
  optionalText,
} from './check';
import { checkInteractive } from './interactive.check';
import { MESSAGE_TYPES, type MessageType, messageTypeOf } from './message.type';

function checkMedia(type: string, media: Json): void {
  checkMediaSource(media, type);
  if (type === 'image' || type === 'video' || type === 'document') {
    optionalText(media, 'caption', `${type}['caption']`, 1024);
  } else if (media.caption !== undefined) throw badParameter(`Param ${type}['caption'] is not allowed.`);
  if (type === 'document') optionalText(media, 'filename', "document['filename']", 240);
}

function coordinate(location: Json, key: string, limit: number): void {
  const value = location[key];
  if (value === undefined || value === null || value === '') throw missing(`location['${key}']`);
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;
  if (!(Math.abs(number) <= limit)) throw invalid(`location['${key}'] is not a valid coordinate`);
}

function checkContacts(body: Json): void {
  for (const contact of needArray(body, 'contacts', 'contacts', 1, 257)) {
    needText(
      needObject(contact, 'name', "contacts['name']"),
      'formatted_name',
      "contacts['name']['formatted_name']",
      1024,
    );
  }
}

function checkReaction(reaction: Json, body: Json): void {
  needText(reaction, 'message_id', "reaction['message_id']", 512);
  if (reaction.emoji === undefined) throw missing("reaction['emoji']");
  if (
    typeof reaction.emoji !== 'string' ||
    [...reaction.emoji].length > 16 ||
    /^[\x20-\x7e]+$/.test(reaction.emoji)
  ) {
    throw invalid("reaction['emoji'] is not an emoji");
  }
  if (body.context !== undefined) throw badParameter('A reaction cannot be a contextual reply.');
}

function checkTemplate(template: Json): void {
  needText(template, 'name', "template['name']", 512);
  const language = needObject(template, 'language', "template['language']");
  needText(language, 'code', "template['language']['code']", 64);
  if (template.components === undefined) return;
  for (const component of needArray(template, 'components', "template['components']", 0, 100)) {
    const type = needText(component, 'type', "template['components']['type']", 64).toLowerCase();
    if (type === 'button') {
      needText(component, 'sub_type', "template['components']['sub_type']", 64);
      const index = component.index;
      if (index === undefined) throw missing("template['components']['index']");
      if (!/^\d+$/.test(String(index))) throw invalid("template['components']['index'] must be a number");
    }
    if (component.parameters !== undefined)
      needArray(component, 'parameters', "template['components']['parameters']", 0, 100);
  }
}

/**
 * What can be judged from the body alone: required fields, lengths, counts. It throws the Graph error and
 * returns the type. What needs state (window, template, media) is the service's part.
 */
export function checkMessage(body: unknown): MessageType {
  if (!isObject(body)) throw badParameter('The request body must be a JSON object.');
  if (body.messaging_product !== 'whatsapp')
    throw badParameter('The parameter messaging_product is required.');
  const { to, recipient } = body;
  if ((to === undefined || to === '') && (recipient === undefined || recipient === '')) {
    throw badParameter('The parameter to is required.');
  }
  if (to !== undefined && typeof to !== 'string') throw badParameter('Param to must be a string.');
  if (recipient !== undefined && typeof recipient !== 'string')
    throw badParameter('Param recipient must be a string.');
  const recipientType = body.recipient_type;
  if (recipientType !== undefined && recipientType !== 'individual' && recipientType !== 'group') {
    throw badParameter('Param recipient_type must be one of {individual, group}.');
  }
  optionalText(body, 'biz_opaque_callback_data', 'biz_opaque_callback_data', 512);
  if (body.context !== undefined)
    needText(needObject(body, 'context'), 'message_id', "context['message_id']", 512);
  const type = messageTypeOf(body) as MessageType;
  if (!MESSAGE_TYPES.includes(type)) {
    throw badParameter(
      `Param type must be one of {${MESSAGE_TYPES.join(', ').toUpperCase()}} - got "${String(body.type)}".`,
    );
  }
  checkPart(type, body);
  return type;
}

function checkPart(type: MessageType, body: Json): void {
  if (type === 'contacts') {
    checkContacts(body);
    return;
  }
  const part = needObject(body, type);
  switch (type) {
    case 'text':
      needText(part, 'body', "text['body']", 4096);
      break;
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker':
      checkMedia(type, part);
      break;
    case 'location':
      coordinate(part, 'latitude', 90);
      coordinate(part, 'longitude', 180);
      break;
    case 'reaction':
      checkReaction(part, body);
      break;
    case 'interactive':
      checkInteractive(part);
      break;
    case 'template':
      checkTemplate(part);
      break;
  }
}

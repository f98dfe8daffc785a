import type { PhoneNumber } from '../account/account.store';
import { metadata } from '../status/status.value';
import type { CustomerIdentity } from './customer.store';

/** The contact as Meta shows it: what is not known, or hidden behind a username, is absent. */
export function contactOf(from: CustomerIdentity): Record<string, unknown> {
  const profile = {
    ...(from.name === undefined ? {} : { name: from.name }),
    ...(from.username === undefined ? {} : { username: from.username }),
  };
  return {
    ...(Object.keys(profile).length > 0 ? { profile } : {}),
    ...(from.waId === undefined ? {} : { wa_id: from.waId }),
    ...(from.userId === undefined ? {} : { user_id: from.userId }),
    ...(from.parentUserId === undefined ? {} : { parent_user_id: from.parentUserId }),
  };
}

export function inboundMessage(
  from: CustomerIdentity,
  id: string,
  timestamp: string,
  type: string,
  groupId: string | undefined,
  rest: Record<string, unknown>,
): Record<string, unknown> {
  return {
    ...(from.waId === undefined ? {} : { from: from.waId }),
    ...(from.userId === undefined ? {} : { from_user_id: from.userId }),
    ...(from.parentUserId === undefined ? {} : { from_parent_user_id: from.parentUserId }),
    ...(groupId === undefined ? {} : { group_id: groupId }),
    id,
    timestamp,
    type,
    ...rest,
  };
}

export function inboundValue(
  phone: PhoneNumber,
  from: CustomerIdentity,
  message: Record<string, unknown>,
): Record<string, unknown> {
  return {
    messaging_product: 'whatsapp',
    metadata: metadata(phone),
    // A system message (changed number, changed identity) comes without contacts.
    ...(message.type === 'system' ? {} : { contacts: [contactOf(from)] }),
    messages: [message],
  };
}

import { createHash } from 'node:crypto';

/** Whom an item is about. WhatsApp's ids are opaque; at least one of them is there. */
export interface CustomerRef {
  userId: string | null;
  parentUserId: string | null;
  waId: string | null;
  groupId: string | null;
  profileName: string | null;
  username: string | null;
}

export interface InboundMessage {
  kind: 'message';
  phoneNumberId: string;
  customer: CustomerRef;
  wamid: string;
  type: string;
  content: unknown;
  /** The whole item, where `content` does not hold all of it. */
  raw: unknown;
  replyTo: string | null;
  author: string | null;
  occurredAt: Date;
  /** False for what happens to a conversation without the customer writing (a group changes its name). */
  written: boolean;
}

export interface StatusUpdate {
  kind: 'status';
  phoneNumberId: string;
  wamid: string;
  status: string;
  occurredAt: Date;
  /** What we gave along when sending: our own message id. */
  callbackData: string | null;
  pricing: unknown;
  error: { code: number; title?: string; details?: string } | null;
}

export interface AccountUpdate {
  kind: 'account';
  /** Set where it is about one number. */
  phoneNumberId: string | null;
  wabaId: string | null;
  field: string;
  payload: unknown;
  digest: Buffer;
}

export type InboundItem = InboundMessage | StatusUpdate | AccountUpdate;

/** An item that cannot be stored as anything: it goes to quarantine, the others of its batch go on. */
export class UnreadableItemError extends Error {}

type Json = Record<string, unknown>;

const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v);
const objects = (v: unknown): Json[] => (Array.isArray(v) ? v.filter(isObject) : []);
/** Ids come as strings, and now and then as numbers. */
const text = (v: unknown): string | null =>
  typeof v === 'string' && v !== '' ? v : typeof v === 'number' ? String(v) : null;

/**
 * Every item of a delivery, in Meta's order: each message, status and account update of each change of each entry.
 * Unknown fields and types come out as what they are; nothing is dropped.
 *
 * @throws UnreadableItemError where an item lacks the id that it could be stored under
 */
export function parseDelivery(delivery: unknown): InboundItem[] {
  if (!isObject(delivery)) throw new UnreadableItemError('a delivery must be a JSON object');
  const items: InboundItem[] = [];
  const entries = objects(delivery.entry);
  for (const entry of entries) {
    for (const change of objects(entry.changes)) items.push(...parseChange(text(entry.id), change));
  }
  if (items.length === 0) items.push(account(null, null, 'unknown', delivery));
  return items;
}

/** `(sender, customer)` of an item: what must stay in order. Never throws; what has no customer has the number. */
export function orderingKey(phoneNumberId: string | null, item: Json): string {
  const customer =
    item.group_id ??
    item.from_user_id ??
    item.from ??
    item.recipient_user_id ??
    item.recipient_id ??
    item.id ??
    '';
  return `${phoneNumberId ?? ''}:${String(customer)}`;
}

function parseChange(wabaId: string | null, change: Json): InboundItem[] {
  const field = text(change.field) ?? 'unknown';
  const value = isObject(change.value) ? change.value : {};
  const metadata = isObject(value.metadata) ? value.metadata : {};
  const phoneNumberId = text(metadata.phone_number_id);
  const items: InboundItem[] = [];
  if (phoneNumberId && field === 'messages') {
    const contacts = objects(value.contacts);
    for (const message of arrayOf(value.messages)) items.push(parseMessage(phoneNumberId, contacts, message));
    for (const status of arrayOf(value.statuses)) items.push(parseStatus(phoneNumberId, status));
  }
  if (phoneNumberId) {
    for (const group of objects(value.groups)) items.push(parseGroupEvent(phoneNumberId, field, group));
  }
  if (items.length === 0) items.push(account(wabaId, phoneNumberId, field, change));
  return items;
}

const arrayOf = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);

function parseMessage(phoneNumberId: string, contacts: Json[], message: unknown): InboundMessage {
  if (!isObject(message)) throw new UnreadableItemError('a message must be an object');
  const wamid = text(message.id);
  if (!wamid) throw new UnreadableItemError('a message has no id');
  const customer = customerOf(contacts, message);
  const type = text(message.type) ?? 'unsupported';
  const context = isObject(message.context) ? message.context : {};
  return {
    kind: 'message',
    phoneNumberId,
    customer,
    wamid,
    type,
    content: contentOf(type, message),
    raw: hasMore(type, message) ? message : null,
    replyTo: text(context.id),
    author: customer.groupId ? (text(message.from_user_id) ?? text(message.from)) : null,
    occurredAt: timeOf(message.timestamp),
    written: true,
  };
}

/** `from` is the phone number or, by some accounts, the user id: `CC.` tells them apart. */
function customerOf(contacts: Json[], message: Json): CustomerRef {
  const from = text(message.from);
  const fromUser = text(message.from_user_id) ?? (from && isUserId(from) ? from : null);
  const fromPhone = from && !isUserId(from) ? from : null;
  const groupId = text(message.group_id);
  const contact =
    contacts.find((c) => (fromUser && c.user_id === fromUser) || (fromPhone && c.wa_id === fromPhone)) ??
    (contacts.length === 1 ? contacts[0]! : {});
  const profile = isObject(contact.profile) ? contact.profile : {};
  if (groupId) return { ...NOBODY, groupId };
  const contactWaId = text(contact.wa_id);
  const customer = {
    groupId: null,
    userId: fromUser ?? text(contact.user_id),
    parentUserId: text(message.from_parent_user_id) ?? text(contact.parent_user_id),
    waId: fromPhone ?? (contactWaId && !isUserId(contactWaId) ? contactWaId : null),
    profileName: text(profile.name),
    username: text(profile.username),
  };
  if (!customer.userId && !customer.waId) throw new UnreadableItemError('a message names no customer');
  return customer;
}

const NOBODY: CustomerRef = {
  userId: null,
  parentUserId: null,
  waId: null,
  groupId: null,
  profileName: null,
  username: null,
};
const isUserId = (id: string) => /^[A-Z]{2}\./.test(id);

/** The part named after the type; where there is none, all that is no envelope. */
function contentOf(type: string, message: Json): unknown {
  if (message[type] !== undefined) return message[type];
  return Object.fromEntries(Object.entries(message).filter(([key]) => !ENVELOPE.has(key)));
}

const ENVELOPE = new Set([
  'id',
  'from',
  'from_user_id',
  'from_parent_user_id',
  'group_id',
  'timestamp',
  'type',
  'context',
]);

/** True where the item says more than type, content and the columns hold: an ad's referral, errors, new keys. */
function hasMore(type: string, message: Json): boolean {
  const context = isObject(message.context) ? Object.keys(message.context) : [];
  const known = new Set(['from', 'id']);
  return (
    Object.keys(message).some((key) => !ENVELOPE.has(key) && key !== type) ||
    context.some((k) => !known.has(k))
  );
}

function parseGroupEvent(phoneNumberId: string, field: string, group: Json): InboundItem {
  const groupId = text(group.group_id);
  if (!groupId) return account(null, phoneNumberId, field, group);
  return {
    kind: 'message',
    phoneNumberId,
    customer: { ...NOBODY, groupId, profileName: text(group.subject) },
    wamid: `group-event:${digestOf(group).toString('hex')}`,
    type: text(group.type) ?? field,
    content: group,
    raw: null,
    replyTo: null,
    author: null,
    occurredAt: timeOf(group.timestamp),
    written: false,
  };
}

function parseStatus(phoneNumberId: string, status: unknown): StatusUpdate {
  if (!isObject(status)) throw new UnreadableItemError('a status must be an object');
  const wamid = text(status.id);
  const name = text(status.status);
  if (!wamid || !name) throw new UnreadableItemError('a status has no id or no status');
  const [error] = objects(status.errors);
  const data = error && isObject(error.error_data) ? error.error_data : {};
  const title = error && (text(error.title) ?? text(error.message));
  const details = text(data.details);
  return {
    kind: 'status',
    phoneNumberId,
    wamid,
    status: name,
    occurredAt: timeOf(status.timestamp),
    callbackData: text(status.biz_opaque_callback_data),
    pricing: status.pricing ?? null,
    error: error
      ? { code: Number(error.code) || 0, ...(title && { title }), ...(details && { details }) }
      : null,
  };
}

function account(
  wabaId: string | null,
  phoneNumberId: string | null,
  field: string,
  payload: Json,
): AccountUpdate {
  const value = isObject(payload.value) ? payload.value : {};
  const info = isObject(value.waba_info) ? value.waba_info : {};
  const owner = text(info.waba_id) ?? wabaId;
  return {
    kind: 'account',
    phoneNumberId,
    wabaId: owner,
    field,
    payload,
    digest: digestOf([owner, payload]),
  };
}

const digestOf = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest();

/** Unix seconds as text or number. What is no time, or lies in the future, is now. */
function timeOf(timestamp: unknown): Date {
  const now = Date.now();
  const seconds = Number(timestamp);
  return Number.isFinite(seconds) && seconds > 0 && seconds * 1000 < now
    ? new Date(seconds * 1000)
    : new Date(now);
}

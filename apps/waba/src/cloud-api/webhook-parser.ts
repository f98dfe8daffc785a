import { createHash } from 'node:crypto';
import { storable, UnreadableItemError } from './storable';

export { UnreadableItemError };

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

/** An item, and what is known of the delivery that it came with: its trace, and when it came in. */
export type Traced<T extends InboundItem = InboundItem> = T & { traceId?: string; receivedAt?: Date };

type Json = Record<string, unknown>;

const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v);
const arrayOf = (v: unknown): unknown[] => (Array.isArray(v) ? v : []);
const objects = (v: unknown): Json[] => arrayOf(v).filter(isObject);
/** Ids come as strings, and now and then as numbers. */
export const text = (v: unknown): string | null =>
  typeof v === 'string' && v !== '' ? v : typeof v === 'number' ? String(v) : null;

/**
 * Every item of a delivery, in Meta's order: each message, status and account update of each change of each entry.
 * Unknown fields and types come out as what they are; nothing is dropped.
 *
 * @throws UnreadableItemError where an item lacks the id that it could be stored under
 */
export function parseDelivery(delivery: unknown): InboundItem[] {
  if (!isObject(delivery)) throw new UnreadableItemError('a delivery must be a JSON object');
  const clean = storable(delivery);
  const items = arrayOf(clean.entry).flatMap((entry): InboundItem[] => {
    const changes = isObject(entry) ? arrayOf(entry.changes) : [];
    if (!isObject(entry) || changes.length === 0) return [account(NOWHERE, 'unknown', asObject(entry))];
    const place = { wabaId: text(entry.id), time: entry.time, phoneNumberId: null };
    return changes.flatMap((change) => parseChange(place, change));
  });
  return items.length > 0 ? items : [account(NOWHERE, 'unknown', clean)];
}

/** A change, taken apart. */
export interface OpenedChange {
  phoneNumberId: string | null;
  /** Messages, then statuses, then group events: each can stand in a change of its own. */
  items: { list: ItemList; item: unknown }[];
  contacts: unknown;
  /** What every part of the change needs to be understood; made when it is asked for. */
  frame: () => Json;
  /** A change with all that is not in `items`; undefined where they are all there is. */
  rest: unknown;
}
export type ItemList = 'messages' | 'statuses' | 'groups';

/** The lists have these meanings only there: `calls` too has statuses, `history` too has messages. */
const MESSAGE_LISTS: readonly ItemList[] = ['messages', 'statuses', 'groups'];
const OTHER_LISTS: readonly ItemList[] = ['groups'];
const NO_LISTS: readonly ItemList[] = [];
const FRAME = new Set(['messaging_product', 'metadata']);

/** One way to take a change apart for both who cut a delivery and who read it: so they can't differ. Never throws. */
export function openChange(change: unknown): OpenedChange {
  const value = isObject(change) && isObject(change.value) ? change.value : {};
  const phoneNumberId = text(isObject(value.metadata) ? value.metadata.phone_number_id : null);
  const lists = isObject(change) && phoneNumberId ? listsOf(change.field) : NO_LISTS;
  const items: OpenedChange['items'] = [];
  for (const list of lists) for (const item of arrayOf(value[list])) items.push({ list, item });
  const frame = () => pick(value, (key) => FRAME.has(key));
  const opened = { phoneNumberId, items, contacts: value.contacts, frame };
  if (items.length === 0) return { ...opened, rest: change };
  const isTaken = (key: string) =>
    key === 'contacts' || ((lists as readonly string[]).includes(key) && Array.isArray(value[key]));
  const isMore = Object.keys(value).some((key) => !FRAME.has(key) && !isTaken(key));
  if (!isMore) return { ...opened, rest: undefined };
  return { ...opened, rest: { ...(change as Json), value: pick(value, (key) => !isTaken(key)) } };
}

const listsOf = (field: unknown) => (field === 'messages' ? MESSAGE_LISTS : OTHER_LISTS);
const pick = (from: Json, wanted: (key: string) => boolean): Json =>
  Object.fromEntries(Object.entries(from).filter(([key]) => wanted(key)));

/** User ids may stand where numbers do. */
const isContactOf = (contact: Json, id: string) => text(contact.wa_id) === id || text(contact.user_id) === id;

/** `(sender, customer)` of an item: what must stay in order. Never throws; what has no customer has its own id. */
export function orderingKey(phoneNumberId: string | null, item: unknown): string {
  const i = isObject(item) ? item : {};
  const customer =
    text(i.group_id) ??
    text(i.from_user_id) ??
    text(i.from) ??
    text(i.recipient_user_id) ??
    text(i.recipient_id) ??
    text(i.id);
  return `${phoneNumberId ?? ''}:${customer ?? ''}`;
}

/** Where an item was found. */
interface Place {
  wabaId: string | null;
  phoneNumberId: string | null;
  /** Of the entry: tells two equal account updates apart that happened one after the other. */
  time: unknown;
}
const NOWHERE: Place = { wabaId: null, phoneNumberId: null, time: null };

function parseChange(entry: Place, change: unknown): InboundItem[] {
  const field = (isObject(change) ? text(change.field) : null) ?? 'unknown';
  const { phoneNumberId, items, contacts, rest } = openChange(change);
  const place = { ...entry, phoneNumberId };
  const parsed = items.map(({ list, item }): InboundItem => {
    if (list === 'messages') return parseMessage(phoneNumberId!, objects(contacts), item);
    if (list === 'statuses') return parseStatus(phoneNumberId!, item);
    return parseGroupEvent(place, field, item);
  });
  return rest === undefined ? parsed : [...parsed, account(place, field, asObject(rest))];
}

const asObject = (v: unknown): Json => (isObject(v) ? v : { value: v });

/** Types that WhatsApp documents. What comes with another one is shown as unsupported, with all that it says. */
const KNOWN_TYPES = new Set(
  'text image video audio document sticker location contacts interactive button reaction order system edit revoke'.split(
    ' ',
  ),
);

/** Content travels to every screen; what is longer stays in `raw`. */
const LONGEST_CONTENT = 64 * 1024;

function parseMessage(phoneNumberId: string, contacts: Json[], message: unknown): InboundMessage {
  if (!isObject(message)) throw new UnreadableItemError('a message must be an object');
  const wamid = text(message.id);
  if (!wamid) throw new UnreadableItemError('a message has no id');
  const customer = customerOf(contacts, message);
  const named = text(message.type);
  const type = named !== null && KNOWN_TYPES.has(named) ? named : 'unsupported';
  const context = isObject(message.context) ? message.context : {};
  const content = contentOf(type, message);
  const tooLarge = JSON.stringify(content).length > LONGEST_CONTENT;
  return {
    kind: 'message',
    phoneNumberId,
    customer,
    wamid,
    type,
    content: tooLarge ? { truncated: true } : content,
    raw: tooLarge || hasMore(type, message) ? message : null,
    replyTo: text(context.id),
    author: customer.groupId ? (text(message.from_user_id) ?? text(message.from)) : null,
    occurredAt: timeOf(message.timestamp),
    written: true,
  };
}

/** `from` is the phone number or, by some accounts, the user id: `CC.` tells them apart. */
function customerOf(contacts: Json[], message: Json): CustomerRef {
  const groupId = text(message.group_id);
  if (groupId) return { ...NOBODY, groupId };
  const from = text(message.from);
  const fromUser = text(message.from_user_id) ?? (from && isUserId(from) ? from : null);
  const fromPhone = from && !isUserId(from) ? from : null;
  const contact = contactOf(contacts, fromUser, fromPhone);
  const profile = isObject(contact.profile) ? contact.profile : {};
  const contactWaId = text(contact.wa_id);
  const customer = {
    groupId: null,
    userId: fromUser ?? text(contact.user_id) ?? (contactWaId && isUserId(contactWaId) ? contactWaId : null),
    parentUserId: text(message.from_parent_user_id) ?? text(contact.parent_user_id),
    waId: fromPhone ?? (contactWaId && !isUserId(contactWaId) ? contactWaId : null),
    profileName: text(profile.name),
    username: text(profile.username),
  };
  if (!customer.userId && !customer.waId) throw new UnreadableItemError('a message names no customer');
  return customer;
}

/** The writer's entry; else the only one there is, unless it is plainly somebody else's. */
function contactOf(contacts: Json[], userId: string | null, phone: string | null): Json {
  const own = contacts.find((c) => (userId && isContactOf(c, userId)) || (phone && isContactOf(c, phone)));
  if (own) return own;
  const [only, another] = contacts;
  const differs = (mine: string | null, theirs: unknown) => mine !== null && text(theirs) !== null;
  if (!only || another || differs(userId, only.user_id) || differs(phone, only.wa_id)) return {};
  return only;
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
  const part = Object.hasOwn(message, type) ? message[type] : null;
  const foreign = type === 'unsupported' && message.type !== type;
  if (!foreign && part !== null && part !== undefined) return part;
  return pick(message, (key) => !ENVELOPE.has(key) || (key === 'type' && foreign));
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

function parseGroupEvent(place: Place, field: string, group: unknown): InboundItem {
  const groupId = isObject(group) ? text(group.group_id) : null;
  if (!isObject(group) || !groupId) return account(place, field, asObject(group));
  return {
    kind: 'message',
    phoneNumberId: place.phoneNumberId!,
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
      ? { code: Number(text(error.code)) || 0, ...(title && { title }), ...(details && { details }) }
      : null,
  };
}

function account(place: Place, field: string, payload: Json): AccountUpdate {
  const value = isObject(payload.value) ? payload.value : {};
  const info = isObject(value.waba_info) ? value.waba_info : {};
  const wabaId = text(info.waba_id) ?? place.wabaId;
  const digest = digestOf([wabaId, place.time, payload]);
  return { kind: 'account', phoneNumberId: place.phoneNumberId, wabaId, field, payload, digest };
}

const digestOf = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest();

/** Unix seconds as text or number. What is no time, or lies in the future, is now. */
function timeOf(timestamp: unknown): Date {
  const now = Date.now();
  const seconds = Number(text(timestamp));
  return Number.isFinite(seconds) && seconds > 0 && seconds * 1000 < now
    ? new Date(seconds * 1000)
    : new Date(now);
}

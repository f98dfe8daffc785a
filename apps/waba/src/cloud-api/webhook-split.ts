import { INBOUND_PARTITIONS, partitionOf } from '@scrm/contracts';
import { orderingKey } from './webhook-parser';

/** A part of a delivery that is itself a valid delivery, and where it goes. */
export interface DeliveryPart {
  partition: number;
  body: Buffer;
}

export type SplitDelivery =
  /** One item: the bytes travel as they came. */
  | { kind: 'whole'; partition: number }
  /** Several items: each travels alone, the bytes are kept on their own. */
  | { kind: 'parts'; parts: DeliveryPart[] }
  | { kind: 'not-json' };

type Json = Record<string, unknown>;
const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v);

/** The lists in a change's value whose elements are items of their own. */
const ITEM_LISTS = ['messages', 'statuses', 'groups'] as const;

/**
 * Cuts a delivery into its items, so that each goes to the queue of its customer. Looks only as deep as it must:
 * whatever it does not know stays together, and never throws.
 */
export function splitDelivery(raw: Buffer): SplitDelivery {
  let delivery: unknown;
  try {
    delivery = JSON.parse(raw.toString('utf8'));
  } catch {
    return { kind: 'not-json' };
  }
  const items = isObject(delivery) ? [...itemsOf(delivery)] : [];
  if (items.length <= 1) return { kind: 'whole', partition: items[0]?.partition ?? 0 };
  const object = (delivery as Json).object;
  return {
    kind: 'parts',
    parts: items.map(({ partition, entry }) => ({
      partition,
      body: Buffer.from(JSON.stringify({ object, entry: [entry] })),
    })),
  };
}

function* itemsOf(delivery: Json): Generator<{ partition: number; entry: unknown }> {
  for (const entry of Array.isArray(delivery.entry) ? (delivery.entry as unknown[]) : []) {
    if (!isObject(entry) || !Array.isArray(entry.changes)) {
      yield { partition: 0, entry };
      continue;
    }
    for (const change of entry.changes as unknown[]) {
      for (const { key, part } of partsOfChange(change)) {
        yield { partition: partitionOf(key, INBOUND_PARTITIONS), entry: { ...entry, changes: [part] } };
      }
    }
  }
}

function* partsOfChange(change: unknown): Generator<{ key: string; part: unknown }> {
  const value = isObject(change) && isObject(change.value) ? change.value : {};
  const metadata = isObject(value.metadata) ? value.metadata : {};
  const number = typeof metadata.phone_number_id === 'string' ? metadata.phone_number_id : null;
  const lists = ITEM_LISTS.filter(
    (list) => Array.isArray(value[list]) && (value[list] as unknown[]).length > 0,
  );
  if (!number || lists.length === 0) {
    yield { key: number ?? '', part: change };
    return;
  }
  const rest = Object.fromEntries(Object.entries(value).filter(([k]) => !lists.includes(k as 'messages')));
  for (const list of lists) {
    for (const item of value[list] as unknown[]) {
      const contacts = isObject(item) ? contactsOf(value.contacts, item) : undefined;
      const part = { ...(change as Json), value: { ...rest, ...(contacts && { contacts }), [list]: [item] } };
      yield { key: orderingKey(number, isObject(item) ? item : {}), part };
    }
  }
}

/** Only the item's own contact travels along: a delivery of a thousand items would carry a million contacts. */
function contactsOf(contacts: unknown, item: Json): unknown[] | undefined {
  if (!Array.isArray(contacts) || contacts.length <= 1) return undefined;
  const ids = new Set(
    [item.from, item.from_user_id, item.recipient_id, item.recipient_user_id].filter(Boolean),
  );
  return contacts.filter((c: unknown) => isObject(c) && (ids.has(c.wa_id) || ids.has(c.user_id)));
}

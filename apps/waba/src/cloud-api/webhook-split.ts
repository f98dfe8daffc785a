import { INBOUND_PARTITIONS, partitionOf } from '@scrm/contracts';
import { openChange, orderingKey, text, type ItemList } from './webhook-parser';

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
  try {
    return cut(delivery);
  } catch {
    // Nested so deep that it cannot be written again: the worker puts it aside.
    return { kind: 'whole', partition: 0 };
  }
}

function cut(delivery: unknown): SplitDelivery {
  const items = isObject(delivery) ? itemsOf(delivery) : [];
  if (items.length <= 1) return { kind: 'whole', partition: items[0]?.partition ?? 0 };
  const object = (delivery as Json).object;
  return {
    kind: 'parts',
    parts: items.map(({ partition, entry }) => ({
      partition,
      body: Buffer.from(JSON.stringify({ object, entry: [entry()] })),
    })),
  };
}

/** An item, and what its part of the delivery would be: most deliveries hold one, and nobody asks. */
interface Item {
  partition: number;
  entry: () => unknown;
}

function itemsOf(delivery: Json): Item[] {
  const items: Item[] = [];
  for (const entry of Array.isArray(delivery.entry) ? (delivery.entry as unknown[]) : []) {
    if (!isObject(entry) || !Array.isArray(entry.changes) || entry.changes.length === 0) {
      items.push({ partition: 0, entry: () => entry });
      continue;
    }
    const { id, time } = entry;
    const add = (key: string, part: () => unknown) =>
      items.push({
        partition: partitionOf(key, INBOUND_PARTITIONS),
        entry: () => ({ id, time, changes: [part()] }),
      });
    for (const change of entry.changes as unknown[]) eachPart(change, add);
  }
  return items;
}

/** Each item with what it takes to understand it, and no more: else a thousand items carry a thousand times the rest. */
function eachPart(change: unknown, add: (key: string, part: () => unknown) => void): void {
  const { phoneNumberId, items, contacts, frame, rest } = openChange(change);
  const field = isObject(change) ? change.field : undefined;
  const ownContacts = contactsById(contacts);
  for (const { list, item } of items) {
    const part = () => ({ field, value: { ...frame(), contacts: ownContacts(list, item), [list]: [item] } });
    add(orderingKey(phoneNumberId, item), part);
  }
  if (rest !== undefined) add(phoneNumberId ?? '', () => rest);
}

/** A contact that stands alone goes with every item: it may be the writer's though no id says so. */
function contactsById(contacts: unknown): (list: ItemList, item: unknown) => unknown[] | undefined {
  if (!Array.isArray(contacts)) return () => undefined;
  if (contacts.length <= 1) return () => contacts as unknown[];
  const byId = new Map<string | null, Json[]>();
  for (const contact of contacts.filter(isObject)) {
    for (const id of new Set([text(contact.wa_id), text(contact.user_id)])) {
      const known = byId.get(id);
      if (known) known.push(contact);
      else byId.set(id, [contact]);
    }
  }
  return (list, item) => {
    if (!isObject(item)) return undefined;
    const [id, other] = list === 'messages' ? MESSAGE_IDS : STATUS_IDS;
    const ids = new Set([text(item[id]), text(item[other])].filter((i) => i !== null));
    const own = [...ids].flatMap((i) => byId.get(i) ?? []);
    return own.length <= 1 ? own : contacts.filter((c) => own.includes(c as Json));
  };
}

const MESSAGE_IDS = ['from', 'from_user_id'] as const;
const STATUS_IDS = ['recipient_id', 'recipient_user_id'] as const;

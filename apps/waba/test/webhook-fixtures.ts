import fc from 'fast-check';
import { parseDelivery, type InboundItem } from '../src/cloud-api/webhook-parser';

export const NUMBER = '100200300';
export const WABA = '900800700';
type Json = Record<string, unknown>;

/** A delivery of one change, about one number. */
export function delivery(value: Json, field: unknown = 'messages') {
  const metadata = { display_phone_number: '+62 800', phone_number_id: NUMBER };
  const change = { field, value: { messaging_product: 'whatsapp', metadata, ...value } };
  return { object: 'whatsapp_business_account', entry: [{ id: WABA, changes: [change] }] };
}

const customer = fc.integer({ min: 1, max: 6 });
const phone = (n: number) => `62800${n}`;
const user = (n: number) => `ID.${n}`;
const perhaps = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** From whom: by phone number, by user id, by both, or by a user id in the place of the phone number. */
const from = customer.chain((n) =>
  fc.constantFrom<Json>(
    { from: phone(n) },
    { from_user_id: user(n) },
    { from: phone(n), from_user_id: user(n) },
    { from: user(n) },
    { from: phone(n), group_id: `g${n}` },
    { from: 62_800_000 + n },
  ),
);
const contact = customer.chain((n) =>
  fc.constantFrom<Json>(
    { wa_id: phone(n), user_id: user(n), profile: { name: `name ${n}` } },
    { wa_id: phone(n), profile: { name: `name ${n} by phone` } },
    { user_id: user(n), profile: { username: `u${n}` } },
    { wa_id: user(n), profile: { name: `name ${n} by id` } },
    { wa_id: 62_800_000 + n },
  ),
);
const message = fc
  .record({ who: from, timestamp: fc.constant('1763800000'), body: fc.string({ maxLength: 8 }) })
  .map(({ who, timestamp, body }): Json => ({ ...who, timestamp, type: 'text', text: { body } }));
const status = customer.chain((n) =>
  fc.constantFrom<Json>(
    { status: 'sent', timestamp: '1763800000', recipient_id: phone(n), recipient_user_id: user(n) },
    { status: 'read', timestamp: '1763800001', recipient_id: phone(n) },
  ),
);
const group = fc.constantFrom<unknown>(
  { type: 'group_create', timestamp: '1763800000', group_id: 'g1' },
  { type: 'group_delete', timestamp: '1763800000' },
  5,
);
const extra = fc.constantFrom<Json>(
  {},
  {},
  { errors: [{ code: 130429 }] },
  { user_actions: [{ action_type: 'x', timestamp: '1763800000' }] },
  { messages: {} },
);
const change = fc
  .record({
    field: fc.constantFrom('messages', 'messages', 'messages', 'calls', 'history', 'group_status_update'),
    number: fc.constantFrom<unknown>('1', '2', 3, undefined),
    contacts: perhaps(fc.array(contact, { maxLength: 4 })),
    messages: perhaps(fc.array(message, { maxLength: 4 })),
    statuses: perhaps(fc.array(status, { maxLength: 4 })),
    groups: perhaps(fc.array(group, { maxLength: 2 })),
    extra,
  })
  .map(({ field, number, extra: more, ...lists }): unknown => ({
    field,
    value: { messaging_product: 'whatsapp', metadata: { phone_number_id: number }, ...lists, ...more },
  }));
const entry = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({ id: fc.constantFrom('A', 'B'), changes: fc.array(change, { maxLength: 3 }) }),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(5, {}, { id: 'A', changes: [null, 'x', {}] }) },
);

/** Deliveries that Meta could send, and some that it should not: as text, each message and status with its own id. */
export const deliveries: fc.Arbitrary<string> = fc.array(entry, { maxLength: 3 }).map((entries) => {
  let count = 0;
  const numbered = (list: unknown) =>
    Array.isArray(list) ? list.map((item: Json) => ({ ...item, id: `wamid.${count++}` })) : list;
  const json = JSON.stringify({ object: 'whatsapp_business_account', entry: entries });
  return JSON.stringify(JSON.parse(json), (key, value: unknown) =>
    key === 'messages' || key === 'statuses' ? numbered(value) : value,
  );
});

export const parseTexts = (...texts: (string | Buffer)[]): InboundItem[] =>
  texts.flatMap((t) => parseDelivery(JSON.parse(t.toString())));

interface Delivered {
  entry: {
    changes?: { field?: string; value?: { metadata: Json; messages?: unknown; statuses?: unknown } }[];
  }[];
}

/** The ids of the messages and statuses of a delivery, read as plainly as can be. */
export function idsOf(text: string): string[] {
  const ids = (list: unknown) => (Array.isArray(list) ? (list as { id: string }[]).map((i) => i.id) : []);
  return (JSON.parse(text) as Delivered).entry.flatMap((e) =>
    (e.changes ?? []).flatMap((c) =>
      c?.field === 'messages' && c.value?.metadata.phone_number_id
        ? [...ids(c.value.messages), ...ids(c.value.statuses)]
        : [],
    ),
  );
}

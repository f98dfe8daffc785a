import fc from 'fast-check';
import { delivery, deliveries, idsOf, NUMBER, parseTexts, WABA } from '../../test/webhook-fixtures';
import {
  orderingKey,
  parseDelivery,
  UnreadableItemError,
  type AccountUpdate,
  type InboundMessage,
  type StatusUpdate,
} from './webhook-parser';

type Json = Record<string, unknown>;
const ANN = { profile: { name: 'Ann', username: 'ann' }, wa_id: '628111', user_id: 'ID.111' };
const base = { from: '628111', id: 'wamid.1', timestamp: '1763800000' };
const text = (over: Json = {}) => ({ ...base, type: 'text', text: { body: 'Hi' }, ...over });

const parse = (value: Json, field = 'messages') => parseDelivery(delivery(value, field));
const one = <T>(value: Json, field?: string) => {
  const items = parse(value, field);
  expect(items).toHaveLength(1);
  return items[0] as T;
};
const message = (m: Json, contacts: unknown = [ANN]) => one<InboundMessage>({ contacts, messages: [m] });

describe('what is neither message nor status', () => {
  it.each([
    ...['account_alerts', 'account_review_update', 'account_settings_update', 'account_update'],
    ...['automatic_events', 'business_capability_update', 'business_status_update', 'calls', 'flows'],
    ...['history', 'message_echoes', 'message_template_components_update', 'message_template_quality_update'],
    ...['message_template_status_update', 'messaging_handovers', 'partner_solutions'],
    ...[
      'payment_configuration_update',
      'phone_number_name_update',
      'phone_number_quality_update',
      'security',
    ],
    ...['smb_app_state_sync', 'smb_message_echoes', 'standby', 'template_category_update'],
    ...['template_correct_category_detection', 'tracking_events', 'user_preferences'],
    ...['business_username_update', 'user_id_update', 'field_of_tomorrow'],
  ])('is one account item, raw: %s', (field) => {
    const value = {
      event: 'X',
      messages: [text()],
      statuses: [{ id: 'call', status: 'RINGING' }],
      more: { a: 1 },
    };
    const item = one<AccountUpdate>(value, field);
    expect(item).toMatchObject({ kind: 'account', field, wabaId: WABA, phoneNumberId: NUMBER });
    expect(item.payload).toMatchObject({ field, value });
  });

  it('belongs to the account that it names, else to its entry', () => {
    const update = { event: 'PARTNER_ADDED', waba_info: { waba_id: 'customer waba' } };
    expect(one<AccountUpdate>(update, 'account_update').wabaId).toBe('customer waba');
  });

  it.each([
    ['errors', [{ code: 130429, title: 'Rate limit' }]],
    ['user_actions', [{ action_type: 'marketing_messages_link_click' }]],
    ['something_new', { a: 1 }],
  ])('is kept in a `messages` change: %s alone, and beside a message', (key, more) => {
    expect(one<AccountUpdate>({ [key]: more })).toMatchObject({
      kind: 'account',
      field: 'messages',
      payload: { value: { [key]: more } },
    });
    const [first, second, ...others] = parse({ contacts: [ANN], messages: [text()], [key]: more });
    expect(first).toMatchObject({ kind: 'message', wamid: 'wamid.1' });
    expect(second).toMatchObject({ kind: 'account', payload: { value: { [key]: more } } });
    expect(others).toEqual([]);
  });

  it('is told apart from the same update at another time', () => {
    const at = (time: number) => parseDelivery({ entry: [{ id: '1', time, changes: [{ field: 'x' }] }] })[0];
    const digest = (time: number) => (at(time) as AccountUpdate).digest.toString('hex');
    expect(digest(1)).toBe(digest(1));
    expect(digest(1)).not.toBe(digest(2));
  });

  it.each([
    {},
    { object: 'page', entry: [] },
    { entry: [5] },
    { entry: [{ id: '1' }] },
    { entry: [{ changes: [] }] },
    { entry: [{ changes: [null] }] },
    { entry: [{ changes: ['x'] }] },
    { entry: [{ changes: [{ value: 5 }] }] },
  ])('is kept where Meta sends what nobody expects: %j', (odd) => {
    expect(parseDelivery(odd).map((i) => i.kind)).toEqual(['account']);
  });

  it.each([null, 5, 'x', [], true])('is unreadable where it is no object: %j', (odd) => {
    expect(() => parseDelivery(odd)).toThrow(UnreadableItemError);
  });

  it('is unreadable where it is nested without end', () => {
    const deep = JSON.parse(`{"entry":${'['.repeat(20_000)}${']'.repeat(20_000)}}`) as unknown;
    expect(() => parseDelivery(deep)).toThrow(UnreadableItemError);
  });
});

describe('a delivery', () => {
  it('holds many entries, changes, numbers and items; all come out, in their order', () => {
    const change = (number: unknown, ids: string[]) => ({
      field: 'messages',
      value: {
        metadata: { phone_number_id: number },
        messages: ids.map((id) => text({ id })),
        statuses: [{ id: `of ${String(number)}`, status: 'read' }],
      },
    });
    const items = parseDelivery({
      entry: [
        { id: 'A', changes: [change('1', ['a', 'b']), change(2, ['c'])] },
        { id: 'B', changes: [change('3', ['d'])] },
      ],
    });
    expect(items.map((i) => [i.phoneNumberId, (i as StatusUpdate).wamid])).toEqual([
      ...[
        ['1', 'a'],
        ['1', 'b'],
        ['1', 'of 1'],
      ],
      ...[
        ['2', 'c'],
        ['2', 'of 2'],
        ['3', 'd'],
        ['3', 'of 3'],
      ],
    ]);
  });

  it.each([
    ['1763800000', 1_763_800_000_000],
    [1_763_800_000, 1_763_800_000_000],
    ['1763800000.5', 1_763_800_000_500],
  ])('has times in seconds, as text or number: %j', (timestamp, ms) => {
    expect(message(text({ timestamp })).occurredAt).toEqual(new Date(ms));
  });

  it.each(['99999999999', 1e300, 'yesterday', '', null, undefined, -5, 0, {}, [1], true])(
    'happened now where its time is odd or lies in the future: %j',
    (timestamp) => {
      const earliest = Date.now();
      const { occurredAt } = message(text({ timestamp }));
      expect(occurredAt.getTime()).toBeGreaterThanOrEqual(earliest);
      expect(occurredAt.getTime()).toBeLessThanOrEqual(Date.now());
    },
  );
});

describe('any JSON at all', () => {
  const outcome = (json: unknown) => {
    try {
      return parseDelivery(json);
    } catch (error) {
      if (error instanceof UnreadableItemError) return 'unreadable';
      throw error;
    }
  };
  /** What a program would trip over: it has the names of what every object has. */
  const nasty = fc.constantFrom<unknown>(
    { toString: 1, valueOf: 1 },
    { __proto__: null },
    [[]],
    'constructor',
  );

  it('parses or is unreadable, and nothing else happens', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (json) => void outcome(json)));
  });

  it('parses or is unreadable, where it nearly is a delivery', () => {
    const anything = fc.oneof(fc.jsonValue({ maxDepth: 2 }), nasty);
    const key = fc.constantFrom('id', 'from', 'type', 'text', 'status', 'timestamp', 'group_id', 'errors');
    const item = fc.oneof(anything, fc.dictionary(key, anything));
    const list = fc.oneof(anything, fc.array(item));
    const names = fc.constantFrom('messages', 'statuses', 'groups', 'contacts', 'waba_info', 'errors');
    const values = fc.dictionary(names, list);
    const fields = fc.oneof(fc.constantFrom('messages', 'history', 'constructor'), anything);
    fc.assert(
      fc.property(values, fields, (value, field) => void outcome(delivery(value, field))),
      { numRuns: 1_000 },
    );
  });

  it('gives each id of a message and of a status exactly once, in its order', () => {
    fc.assert(
      fc.property(deliveries, (d) => {
        const known = parseTexts(d).flatMap((i) => (i.kind === 'account' ? [] : [i.wamid]));
        expect(known.filter((id) => !id.startsWith('group-event:'))).toEqual(idsOf(d));
      }),
    );
  });
});

describe('the key that keeps a customer in order', () => {
  it('is the same for what a customer writes and for the statuses of what we wrote to them', () => {
    const written = orderingKey('1', { id: 'a', from: '628111', from_user_id: 'ID.111' });
    expect(orderingKey('1', { id: 'b', recipient_id: '628111', recipient_user_id: 'ID.111' })).toBe(written);
    expect(orderingKey('1', { id: 'c', from: '628111' })).toBe(orderingKey('1', { recipient_id: '628111' }));
  });

  it('is the group in a group, whoever writes there', () => {
    expect(orderingKey('1', { group_id: 'g', from: 'a' })).toBe(
      orderingKey('1', { group_id: 'g', from: 'b' }),
    );
  });

  it('differs between numbers and between customers', () => {
    const keys = [
      orderingKey('1', { from: 'a' }),
      orderingKey('2', { from: 'a' }),
      orderingKey('1', { from: 'b' }),
    ];
    expect(new Set(keys).size).toBe(3);
  });

  it('never breaks', () => {
    fc.assert(fc.property(fc.jsonValue(), (item) => typeof orderingKey(null, item) === 'string'));
    expect(orderingKey('1', { from: { toString: 1, valueOf: 1 }, id: 'x' })).toBe('1:x');
  });
});

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
const BEN = { profile: { name: 'Ben' }, wa_id: '628222', user_id: 'ID.222' };
const base = { from: '628111', id: 'wamid.1', timestamp: '1763800000' };
const text = (over: Json = {}) => ({ ...base, type: 'text', text: { body: 'Hi' }, ...over });
const media = { id: 'm', mime_type: 'x/y', sha256: 's', url: 'https://lookaside.example/m' };

const parse = (value: Json, field = 'messages') => parseDelivery(delivery(value, field));
const one = <T>(value: Json, field?: string) => {
  const items = parse(value, field);
  expect(items).toHaveLength(1);
  return items[0] as T;
};
const message = (m: Json, contacts: unknown = [ANN]) => one<InboundMessage>({ contacts, messages: [m] });
const status = (s: Json) =>
  one<StatusUpdate>({ statuses: [{ id: 'wamid.1', status: 'sent', timestamp: '1763800000', ...s }] });

describe('an inbound message', () => {
  it.each<[string, unknown]>([
    ['text', { body: 'Hi' }],
    ['image', { ...media, caption: 'c' }],
    ['video', media],
    ['audio', { ...media, voice: true }],
    ['document', { ...media, filename: 'a.pdf' }],
    ['sticker', { ...media, animated: false }],
    ['location', { latitude: -6.2, longitude: 106.8, name: 'Jakarta' }],
    ['contacts', [{ name: { formatted_name: 'Ben' }, phones: [{ phone: '+62 8222' }] }]],
    ['interactive', { type: 'button_reply', button_reply: { id: '1', title: 'Yes' } }],
    ['interactive', { type: 'list_reply', list_reply: { id: '1', title: 'Row' } }],
    ['interactive', { type: 'nfm_reply', nfm_reply: { name: 'flow', body: 'Sent', response_json: '{}' } }],
    ['interactive', { type: 'call_permission_reply', call_permission_reply: { response: 'accept' } }],
    ['button', { payload: 'p', text: 'Yes' }],
    ['reaction', { message_id: 'wamid.0', emoji: '👍' }],
    ['reaction', { message_id: 'wamid.0' }],
    ['order', { catalog_id: '1', text: 't', product_items: [{ product_retailer_id: 'x', quantity: 1 }] }],
    ['system', { body: 'changed', type: 'user_changed_number', wa_id: '628333' }],
    ['edit', { original_message_id: 'wamid.0', message: { type: 'text', text: { body: 'new' } } }],
    ['revoke', { original_message_id: 'wamid.0' }],
    ['media_of_tomorrow', { anything: [1, { deep: true }] }],
  ])('of type %s keeps its part as it is', (type, content) => {
    const item = message({ ...base, type, [type]: content });
    expect(item).toMatchObject({ kind: 'message', phoneNumberId: NUMBER, wamid: 'wamid.1', type, content });
    expect(item).toMatchObject({ raw: null, written: true, replyTo: null, author: null });
    expect(item.occurredAt).toEqual(new Date(1_763_800_000_000));
  });

  it.each(['unsupported', 'unknown'])('that Meta calls %s shows what is known of it', (type) => {
    const errors = [{ code: 131051, title: 'Message type unknown' }];
    const item = message({ ...base, type, errors });
    expect(item.content).toEqual({ errors });
    expect(item.raw).toMatchObject({ errors });
  });

  it('without a type, or without its part, is stored all the same', () => {
    expect(message({ ...base })).toMatchObject({ type: 'unsupported', content: {} });
    expect(message({ ...base, type: 'text', text: null }).content).toEqual({ text: null });
    expect(message({ ...base, type: 'constructor' }).content).toEqual({});
  });

  it('keeps the whole item where it says more: an ad, a forward, keys that nobody knows', () => {
    for (const more of [
      { referral: { source_type: 'ad', ctwa_clid: 'c' } },
      { context: { id: 'wamid.0', forwarded: true } },
      { errors: [{ code: 1 }] },
      { something_new: 1 },
    ]) {
      expect(message(text(more)).raw).toEqual(text(more));
    }
  });

  it('says which message it answers', () => {
    expect(message(text({ context: { from: '1', id: 'wamid.0' } }))).toMatchObject({
      replyTo: 'wamid.0',
      raw: null,
    });
  });

  it.each([{ id: undefined }, { id: '' }, { id: {} }, { from: undefined }, { from: '' }])(
    'cannot be stored without an id or a customer: %j',
    (over) => expect(() => message(text(over), [])).toThrow(UnreadableItemError),
  );

  it('that is no object cannot be stored', () => {
    expect(() => parse({ messages: ['text'] })).toThrow(UnreadableItemError);
  });

  it('has text that the database can store, whatever the customer typed', () => {
    const item = message(text({ text: { body: 'a\0b \ud83d 😀' }, 'ke\0y': 1 }));
    expect(item.content).toEqual({ body: 'a\uFFFDb \uFFFD 😀' });
    expect(JSON.stringify(item)).not.toMatch(/\\u0000|\\ud83d/);
  });
});

describe('the customer of a message', () => {
  const customer = (m: Json, contacts: unknown) =>
    message({ ...text(), from: undefined, ...m }, contacts).customer;

  it('has a user id, a phone number and a profile', () => {
    expect(customer({ from: '628111', from_user_id: 'ID.111' }, [BEN, ANN])).toEqual({
      groupId: null,
      userId: 'ID.111',
      parentUserId: null,
      waId: '628111',
      profileName: 'Ann',
      username: 'ann',
    });
  });

  it('may have a user id only', () => {
    const contact = { user_id: 'ID.111', profile: { username: 'ann' } };
    expect(customer({ from_user_id: 'ID.111' }, [contact])).toMatchObject({
      userId: 'ID.111',
      waId: null,
      profileName: null,
      username: 'ann',
    });
    expect(customer({}, [contact])).toMatchObject({ userId: 'ID.111', waId: null });
  });

  it('may have the user id where the phone number should be', () => {
    expect(
      customer({ from: 'ID.111' }, [BEN, { ...ANN, wa_id: 'ID.111', user_id: undefined }]),
    ).toMatchObject({
      userId: 'ID.111',
      waId: null,
      profileName: 'Ann',
    });
    expect(customer({}, [{ wa_id: 'ID.111' }])).toMatchObject({ userId: 'ID.111', waId: null });
  });

  it('may have a parent', () => {
    expect(customer({ from: '628111', from_parent_user_id: 'ID.ENT.1' }, [])).toMatchObject({
      parentUserId: 'ID.ENT.1',
    });
    expect(customer({ from: '628111' }, [{ ...ANN, parent_user_id: 'ID.ENT.2' }])).toMatchObject({
      parentUserId: 'ID.ENT.2',
    });
  });

  it('learns the user id from a contact without a phone number', () => {
    expect(customer({ from: '628111' }, [{ user_id: 'ID.111' }])).toMatchObject({
      userId: 'ID.111',
      waId: '628111',
    });
  });

  it("is never given somebody else's name or user id", () => {
    const stranger = { userId: null, waId: '628111', profileName: null };
    expect(customer({ from: '628111' }, [BEN])).toMatchObject(stranger);
    expect(customer({ from: '628111' }, [BEN, { wa_id: '628333', user_id: 'ID.333' }])).toMatchObject(
      stranger,
    );
    expect(customer({ from_user_id: 'ID.111' }, [BEN])).toMatchObject({ userId: 'ID.111', waId: null });
  });

  it('is known without any contacts, and with contacts that are none', () => {
    for (const contacts of [null, 'x', [null, 1]]) {
      expect(customer({ from: '628111' }, contacts)).toMatchObject({ waId: '628111', profileName: null });
    }
  });

  it('is the group where it was written in one; who wrote it is the author', () => {
    const item = message(text({ group_id: 'g1', from_user_id: 'ID.111' }));
    expect(item.customer).toMatchObject({ groupId: 'g1', userId: null, waId: null, profileName: null });
    expect(item.author).toBe('ID.111');
    expect(message(text({ group_id: 'g1' })).author).toBe('628111');
  });
});

describe('what happens to a group', () => {
  const event = { timestamp: '1763800000', group_id: 'g1', type: 'group_create', subject: 'Trip' };

  it.each([
    'group_lifecycle_update',
    'group_participants_update',
    'group_settings_update',
    'group_status_update',
  ])('is an entry of its conversation that nobody wrote (%s)', (field) => {
    const item = one<InboundMessage>({ groups: [event] }, field);
    expect(item).toMatchObject({ kind: 'message', type: 'group_create', content: event, written: false });
    expect(item.customer).toMatchObject({ groupId: 'g1', profileName: 'Trip' });
  });

  it('has an id that only the same event has', () => {
    const id = (e: Json) => one<InboundMessage>({ groups: [e] }, 'group_status_update').wamid;
    expect(id(event)).toBe(id({ ...event }));
    expect(id(event)).not.toBe(id({ ...event, timestamp: '1763800001' }));
  });

  it('is kept as an account item where it names no group', () => {
    const kinds = parse({ groups: [{ type: 'group_create' }, 5] }, 'group_lifecycle_update').map(
      (i) => i.kind,
    );
    expect(kinds).toEqual(['account', 'account']);
  });
});

describe('a status', () => {
  it.each(['sent', 'delivered', 'read', 'played', 'failed', 'deleted', 'warning', 'status_of_tomorrow'])(
    'may be %s',
    (name) =>
      expect(status({ status: name })).toMatchObject({ kind: 'status', wamid: 'wamid.1', status: name }),
  );

  it('brings what we gave along, the price and the time', () => {
    const pricing = { billable: true, pricing_model: 'PMP', category: 'utility' };
    expect(status({ pricing, biz_opaque_callback_data: 'our id' })).toMatchObject({
      pricing,
      callbackData: 'our id',
      error: null,
      occurredAt: new Date(1_763_800_000_000),
    });
    expect(status({})).toMatchObject({ pricing: null, callbackData: null });
  });

  it('says why it failed', () => {
    const error = { code: 131026, title: 'Undeliverable', message: 'm', error_data: { details: 'why' } };
    expect(status({ status: 'failed', errors: [error, { code: 1 }] }).error).toEqual({
      code: 131026,
      title: 'Undeliverable',
      details: 'why',
    });
    expect(status({ errors: [{ code: '131026', message: 'm' }] }).error).toEqual({
      code: 131026,
      title: 'm',
    });
    expect(status({ errors: [{ code: {} }] }).error).toEqual({ code: 0 });
    expect(status({ errors: [] }).error).toBeNull();
  });

  it.each(['parent_recipient_user_id', 'recipient_parent_user_id', 'parent_user_id'])(
    'is read whichever way the parent is spelled (%s)',
    (key) => expect(status({ recipient_user_id: 'ID.1', [key]: 'ID.ENT.1' }).wamid).toBe('wamid.1'),
  );

  it.each([{ id: undefined }, { status: undefined }, { status: '' }, { id: null }])(
    'cannot be stored without an id and a name: %j',
    (over) => expect(() => status(over)).toThrow(UnreadableItemError),
  );
});

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

import { delivery, NUMBER } from '../../test/webhook-fixtures';
import { parseDelivery, UnreadableItemError, type InboundMessage, type StatusUpdate } from './webhook-parser';

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
  ])('of type %s keeps its part as it is', (type, content) => {
    const item = message({ ...base, type, [type]: content });
    expect(item).toMatchObject({ kind: 'message', phoneNumberId: NUMBER, wamid: 'wamid.1', type, content });
    expect(item).toMatchObject({ raw: null, written: true, replyTo: null, author: null });
    expect(item.occurredAt).toEqual(new Date(1_763_800_000_000));
  });

  it('of a type that nobody documented is unsupported, and keeps its own name and all that it says', () => {
    const odd = { ...base, type: 'media_of_tomorrow', media_of_tomorrow: { anything: [1, { deep: true }] } };
    expect(message(odd)).toMatchObject({
      type: 'unsupported',
      content: { type: 'media_of_tomorrow', media_of_tomorrow: odd.media_of_tomorrow },
      raw: odd,
    });
  });

  it.each([
    ['unsupported', {}],
    ['unknown', { type: 'unknown' }],
  ])('that Meta calls %s shows what is known of it', (type, own) => {
    const errors = [{ code: 131051, title: 'Message type unknown' }];
    const item = message({ ...base, type, errors });
    expect(item).toMatchObject({ type: 'unsupported', content: { ...own, errors } });
    expect(item.raw).toMatchObject({ errors });
  });

  it('without a type, or without its part, is stored all the same', () => {
    expect(message({ ...base })).toMatchObject({ type: 'unsupported', content: {} });
    expect(message({ ...base, type: 'text', text: null }).content).toEqual({ text: null });
    expect(message({ ...base, type: 'constructor' }).content).toEqual({ type: 'constructor' });
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

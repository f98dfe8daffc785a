import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  business,
  CUSTOMER,
  errorOf,
  type Json,
  PHONE,
  Receiver,
  Simulator,
  templateBody,
  until,
  wamidOf,
} from './harness';

const receiver = new Receiver();
const simulator = new Simulator();
let webhookUrl = '';

beforeAll(async () => {
  webhookUrl = await receiver.start();
  await simulator.start();
});

afterAll(async () => {
  await simulator.stop();
  await receiver.stop();
});

beforeEach(async () => {
  await simulator.control('POST', 'reset');
  await simulator.config(business(webhookUrl));
  receiver.clear();
});

const openWindow = (): Promise<Json> => simulator.write({}, '?wait=true');
const phone = (patch: Json): Promise<Json> =>
  simulator.config({ wabas: [{ id: '419561257915477', phoneNumbers: [{ id: PHONE, ...patch }] }] });
const ready = [
  { type: 'text', text: 'Ann' },
  { type: 'text', text: '7' },
];

describe('POST /messages says no', () => {
  it('without a known token', async () => {
    const answer = await simulator.graph('POST', `${PHONE}/messages`, {}, 'wrong');
    expect(answer.status).toBe(401);
    expect(errorOf(answer)).toMatchObject({ code: 190, type: 'OAuthException' });
    expect((await simulator.call('POST', `/v25.0/${PHONE}/messages`, {})).status).toBe(401);
  });

  it('for a number of another account', async () => {
    const answer = await simulator.text();
    expect(errorOf(answer).code).toBe(131047);
    const foreign = await simulator.send({ type: 'text', text: { body: 'x' } }, '20');
    expect(foreign.status).toBe(400);
    expect(errorOf(foreign)).toMatchObject({ code: 100, error_subcode: 33 });
    expect(errorOf(foreign).message).toMatch(
      /^Unsupported post request\. Object with ID '20' does not exist/,
    );
  });

  const bodies: [string, Json, number][] = [
    ['no text', { type: 'text' }, 131008],
    ['empty text', { type: 'text', text: { body: '' } }, 131008],
    ['long text', { type: 'text', text: { body: 'x'.repeat(4097) } }, 100],
    ['unknown type', { type: 'poll', poll: {} }, 100],
    ['bad number', { to: 'nobody', type: 'text', text: { body: 'x' } }, 131009],
    ['itself', { to: '+1 (555) 078-3881', type: 'text', text: { body: 'x' } }, 131021],
    ['unknown media', { type: 'image', image: { id: '1' } }, 100],
    ['no media', { type: 'image', image: {} }, 131008],
    ['bad latitude', { type: 'location', location: { latitude: 91, longitude: 0 } }, 131009],
    ['nameless contact', { type: 'contacts', contacts: [{ name: {} }] }, 131008],
    ['no emoji', { type: 'reaction', reaction: { message_id: 'wamid.x' } }, 131008],
    ['four buttons', { type: 'interactive', interactive: buttons(4) }, 131009],
    ['long button', { type: 'interactive', interactive: buttons(1, 'x'.repeat(21)) }, 100],
    ['eleven rows', { type: 'interactive', interactive: list(11) }, 131009],
    [
      'long callback data',
      { type: 'text', text: { body: 'x' }, biz_opaque_callback_data: 'x'.repeat(513) },
      100,
    ],
  ];
  it.each(bodies)('to %s', async (_name, body, code) => {
    await openWindow();
    const answer = await simulator.send(body);
    expect(answer.status).toBe(400);
    expect(errorOf(answer).code).toBe(code);
    expect(errorOf(answer).message).toMatch(new RegExp(`^\\(#${code}\\) `));
  });

  it('outside the 24 hours', async () => {
    expect(errorOf(await simulator.text()).code).toBe(131047);
    await openWindow();
    expect((await simulator.text()).status).toBe(200);
    await simulator.control('POST', 'clock', { offsetMs: 24 * 3_600_000 + 1000 });
    expect(errorOf(await simulator.text())).toMatchObject({
      code: 131047,
      message: '(#131047) Re-engagement message',
    });
    await simulator.config({ limits: { asyncErrors: [131047] } });
    const wamid = wamidOf(await simulator.text());
    await until(() => receiver.statuses(wamid).some((each) => each.status === 'failed'));
  });

  it('to templates that cannot be sent', async () => {
    const code = async (body: Json): Promise<unknown[]> => {
      const answer = await simulator.send(body);
      return [answer.status, errorOf(answer).code];
    };
    expect(await code(templateBody('nope', []))).toEqual([404, 132001]);
    expect(await code(templateBody('order_ready', [{ type: 'text', text: 'Ann' }]))).toEqual([400, 132000]);
    expect(
      await code(templateBody('offer', [{ type: 'text', parameter_name: 'name', text: 'Ann' }])),
    ).toEqual([400, 132000]);
    await simulator.control('POST', 'templates/order_ready/status', { status: 'PAUSED' });
    expect(await code(templateBody('order_ready', ready))).toEqual([400, 132015]);
    await simulator.control('POST', 'templates/order_ready/status', { status: 'DISABLED' });
    expect(await code(templateBody('order_ready', ready))).toEqual([400, 132016]);
    await simulator.control('POST', 'templates/order_ready/status', { status: 'APPROVED' });
    expect(await code(templateBody('order_ready', ready))).toEqual([200, undefined]);
  });

  it('to marketing for who has stopped it', async () => {
    const from = { waId: CUSTOMER };
    const offer = templateBody('offer', [{ type: 'text', parameter_name: 'first_name', text: 'Ann' }]);
    expect((await simulator.send(offer)).status).toBe(200);
    await simulator.control('POST', 'customers/preferences', { phoneNumberId: PHONE, from, value: 'stop' });
    expect(errorOf(await simulator.send(offer)).code).toBe(131050);
    await until(() => receiver.values('user_preferences').length === 1);
  });

  it('above the rates', async () => {
    await openWindow();
    await simulator.config({ limits: { pairBurst: 2, throttleStatus: 429 } });
    await simulator.text();
    await simulator.text();
    const pair = await simulator.text();
    expect([pair.status, errorOf(pair).code]).toEqual([429, 131056]);
    await simulator.config({ limits: { enforcePairRate: false, messagesPerSecond: 1 } });
    await simulator.control('POST', 'reset?keepConfig=true');
    await openWindow();
    await simulator.text();
    expect(errorOf(await simulator.text()).code).toBe(130429);
    await simulator.config({ limits: { enforceThroughput: false } });
    expect((await simulator.text()).status).toBe(200);
  });

  it('while the account has a problem', async () => {
    await openWindow();
    const code = async (patch: Json): Promise<unknown> => {
      await phone(patch);
      return errorOf(await simulator.text()).code;
    };
    expect(await code({ paymentIssue: true })).toBe(131042);
    expect(await code({ paymentIssue: false, locked: true })).toBe(131031);
    expect(await code({ locked: false, registered: false })).toBe(133010);
    await simulator.graph('POST', `${PHONE}/register`, { messaging_product: 'whatsapp', pin: '123456' });
    expect((await simulator.text()).status).toBe(200);
  });
});

describe('faults', () => {
  const fault = (body: Json): Promise<Json> => simulator.control('POST', 'faults', body);
  beforeEach(openWindow);

  it('answer with an error, an HTTP status, or late', async () => {
    await fault({ kind: 'error', code: 130429, retryAfter: 3 });
    const throttled = await simulator.text();
    expect(errorOf(throttled).code).toBe(130429);
    expect(throttled.headers.get('retry-after')).toBe('3');
    await fault({ kind: 'http', status: 502 });
    expect((await simulator.text()).status).toBe(502);
    await fault({ kind: 'delay', delayMs: 1, match: { to: `+${CUSTOMER}` } });
    expect((await simulator.text()).status).toBe(200);
    expect((await simulator.control('GET', 'faults')).data).toEqual([]);
  });

  it('break the connection before or after the message was accepted', async () => {
    await fault({ kind: 'reset-before' });
    await expect(simulator.text({ biz_opaque_callback_data: 'a' })).rejects.toThrow();
    await fault({ kind: 'reset-after' });
    await expect(simulator.text({ biz_opaque_callback_data: 'b' })).rejects.toThrow();
    await until(() => receiver.statuses().length === 2);
    expect(receiver.statuses().map((each) => each.biz_opaque_callback_data)).toEqual(['b', 'b']);
    const { data } = await simulator.control('GET', `ledger/sends?to=%2B${CUSTOMER}`);
    expect((data as Json[]).map((each) => [each.callbackId, each.outcome])).toEqual([
      ['a', 'reset-before'],
      ['b', 'accepted-unanswered'],
    ]);
    await simulator.text({ biz_opaque_callback_data: 'b' });
    const summary = await simulator.control('GET', 'ledger/summary');
    expect(summary).toMatchObject({ callbackIdsSentMoreThanOnce: 1, repeated: { b: 2 } });
  });

  it('hang until they are cleared', async () => {
    await fault({ kind: 'timeout' });
    const hanging = simulator.text();
    await until(async () => ((await simulator.control('GET', 'ledger/summary')).sends as Json).total === 1);
    await simulator.control('DELETE', 'faults');
    await expect(hanging).rejects.toThrow();
  });
});

const examples = process.env.META_EXAMPLES_DIR ?? resolve(__dirname, '../../../../shared/meta/examples');
const names = existsSync(examples) ? readdirSync(examples).filter((name) => name.startsWith('send_')) : [];
if (names.length === 0) process.stderr.write(`Meta's own examples are not here (${examples}): skipped\n`);

(names.length > 0 ? describe : describe.skip)("Meta's own examples", () => {
  it.each(names.length > 0 ? names : ['none'])('%s is accepted', async (name) => {
    await simulator.config({
      limits: { enforceTemplates: false, enforceWindow: false, enforceMedia: false },
    });
    // The placeholders are for people; the rest of each body stays untouched.
    const text = readFileSync(join(examples, name), 'utf8')
      .replace(/\{\{Recipient-[^}]*\}\}/g, CUSTOMER)
      .replace(/<?http\(s\):\/\/([\w-]+)>?/g, 'https://example.org/$1')
      .replace('<HEADER_TYPE>', 'text');
    const answer = await simulator.graph('POST', `${PHONE}/messages`, JSON.parse(text));
    expect([answer.status, errorOf(answer)]).toEqual([200, {}]);
  });
});

function buttons(count: number, title = 'Yes'): Json {
  const reply = (i: number): Json => ({
    type: 'reply',
    reply: { id: `b${i}`, title: count > 1 ? `${title}${i}` : title },
  });
  return {
    type: 'button',
    body: { text: 'Choose' },
    action: { buttons: Array.from({ length: count }, (_, i) => reply(i)) },
  };
}

function list(rows: number): Json {
  const all = Array.from({ length: rows }, (_, i) => ({ id: `r${i}`, title: `Row ${i}` }));
  const sections = [
    { title: 'A', rows: all.slice(0, 6) },
    { title: 'B', rows: all.slice(6) },
  ];
  return { type: 'list', body: { text: 'Choose' }, action: { button: 'Open', sections } };
}

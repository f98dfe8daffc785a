import { business, CUSTOMER, type Json, PHONE, Receiver, Simulator, until, wamidOf } from './harness';

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

describe('webhook delivery', () => {
  it.each(['plain', 'escaped'])('signs the emitted bytes (%s)', async (style) => {
    await simulator.config({ webhook: { style } });
    const text = 'Grüße / ñ @you 😀';
    const written = await simulator.write({ text: { body: text } }, '?wait=true');

    expect(written.state).toBe('accepted');
    const [delivery] = receiver.received;
    expect(delivery?.valid).toBe(true);
    expect(delivery?.headers['user-agent']).toBe('facebookexternalua');
    expect(receiver.messages()).toMatchObject([{ id: written.wamid, from: CUSTOMER, text: { body: text } }]);
    const bytes = delivery?.raw.toString('utf8') ?? '';
    const escaped = 'Gr\\u00fc\\u00dfe \\/ \\u00f1 \\u0040you \\ud83d\\ude00';
    expect(bytes.includes(escaped)).toBe(style === 'escaped');
  });

  it('can sign wrongly, and heals when told to', async () => {
    await simulator.config({ webhook: { signature: 'wrong' } });
    receiver.answers = [401, 401, 401];
    await simulator.write();
    await until(() => receiver.received.length >= 2);
    expect(receiver.received[0]?.valid).toBe(false);
    expect(receiver.received[0]?.headers['x-hub-signature-256']).toMatch(/^sha256=[0-9a-f]{64}$/);
    receiver.answers = [];
    await simulator.config({ webhook: { signature: 'valid' } });
    await until(async () => (await accepted()) === 1);
  });

  it('retries until 200 and lets others pass meanwhile', async () => {
    receiver.answers = [503, 500];
    const first = await simulator.write({}, '?wait=true');
    expect(receiver.received).toHaveLength(3);
    expect((first.attempts as Json[]).map((attempt) => attempt.status)).toEqual([503, 500, 200]);
    const { data } = await simulator.control('GET', 'ledger/deliveries');
    expect(data).toMatchObject([{ state: 'accepted', attemptCount: 3, items: [{ id: first.wamid }] }]);
  });

  it('sends copies of a delivery when asked', async () => {
    await simulator.config({ webhook: { duplicates: 2 } });
    await simulator.write();
    await until(() => receiver.received.length === 3);
    expect(new Set(receiver.received.map(({ raw }) => raw.toString())).size).toBe(1);
  });

  it('batches updates of several accounts into one delivery', async () => {
    await simulator.config({ webhook: { batch: { size: 3, windowMs: 60_000, across: true } } });
    await simulator.write();
    await simulator.write({ phoneNumberId: '106540352242923' });
    await simulator.write({ phoneNumberId: '20' });
    await until(() => receiver.received.length === 1);
    const entries = receiver.received[0]?.json.entry as Json[];
    expect(entries.map((entry) => (entry.changes as Json[]).length)).toEqual([2, 1]);
  });

  it('verifies the callback address', async () => {
    expect(await simulator.control('POST', 'verify')).toMatchObject({ ok: true, status: 200 });
    await simulator.config({ verifyToken: 'not-it' });
    expect(await simulator.control('POST', 'verify')).toMatchObject({ ok: false, status: 403 });
    await simulator.config({ verifyToken: 'wrong-echo' });
    expect(await simulator.control('POST', 'verify')).toMatchObject({ ok: false, status: 200 });
  });

  it('delivers raw bodies as they are', async () => {
    await simulator.config({ webhook: { style: 'escaped' } });
    const body = '{"object":"whatsapp_business_account","entry":[],  "odd":"\\u0040 a/b"}';
    await simulator.control('POST', 'webhooks?wait=true', { body });
    expect(receiver.received[0]).toMatchObject({ valid: true });
    expect(receiver.received[0]?.raw.toString()).toBe(body);
  });

  it('takes many messages at once', async () => {
    const messages = Array.from({ length: 25 }, (_, i) => ({
      phoneNumberId: PHONE,
      from: { waId: `1650555${1000 + i}` },
      type: 'text',
      text: { body: `n ${i}` },
    }));
    const written = await simulator.control('POST', 'customers/messages/bulk?wait=true', {
      messages,
      perDelivery: 10,
    });
    expect(receiver.received).toHaveLength(3);
    expect(receiver.messages().map((message) => message.id)).toEqual(written.wamids);
  });
});

describe('statuses', () => {
  beforeEach(async () => {
    await simulator.write({}, '?wait=true');
    receiver.clear();
  });

  it('come as sent, delivered, read, with our callback data', async () => {
    await simulator.config({ statuses: { autoRead: true } });
    const wamid = wamidOf(await simulator.text({ biz_opaque_callback_data: 'our-id' }));
    const statuses = await until(() => receiver.statuses(wamid).length === 3 && receiver.statuses(wamid));
    expect(statuses.map((each) => each.status).sort()).toEqual(['delivered', 'read', 'sent']);
    for (const each of statuses) {
      expect(each).toMatchObject({ recipient_id: CUSTOMER, biz_opaque_callback_data: 'our-id' });
    }
    const sent = statuses.find((each) => each.status === 'sent');
    expect(sent?.pricing).toMatchObject({ pricing_model: 'PMP', category: 'service' });
  });

  it('follow the given order and number of copies', async () => {
    await simulator.config({
      webhook: { concurrency: 1 },
      statuses: { autoRead: true, order: ['read', 'sent', 'delivered'], duplicates: 1 },
    });
    const wamid = wamidOf(await simulator.text());
    const statuses = await until(() => receiver.statuses(wamid).length === 6 && receiver.statuses(wamid));
    expect(statuses.map((each) => each.status)).toEqual([
      'read',
      'read',
      'sent',
      'sent',
      'delivered',
      'delivered',
    ]);
  });

  it('can be lost', async () => {
    await simulator.config({ statuses: { autoRead: true, loss: { delivered: 1 } } });
    const wamid = wamidOf(await simulator.text());
    const after = wamidOf(await simulator.text());
    await until(() => receiver.statuses(after).some((each) => each.status === 'read'));
    await until(() => receiver.statuses(wamid).length === 2);
    expect(receiver.statuses().some((each) => each.status === 'delivered')).toBe(false);
  });

  it('can be a failure, for one request only', async () => {
    await simulator.control('POST', 'faults', { kind: 'error', code: 131026, async: true });
    const failing = wamidOf(await simulator.text());
    const fine = wamidOf(await simulator.text());
    await until(() => receiver.statuses(fine).length === 2);
    const [failed] = await until(() => receiver.statuses(failing).length > 0 && receiver.statuses(failing));
    expect(failed).toMatchObject({ status: 'failed', errors: [{ code: 131026 }] });
  });

  it('read follows when the customer opens the chat', async () => {
    const wamid = wamidOf(await simulator.text());
    await until(() => receiver.statuses(wamid).length === 2);
    await simulator.control('POST', 'phone/read', { phoneNumberId: PHONE, customer: CUSTOMER });
    await until(() => receiver.statuses(wamid).some((each) => each.status === 'read'));
    const again = await simulator.control('POST', 'phone/read', { phoneNumberId: PHONE, customer: CUSTOMER });
    expect(again.read).toBe(0);
  });

  it('are read once, also when the chat is opened before a planned read', async () => {
    await simulator.config({ statuses: { autoRead: true, delays: { read: 3_600_000 } } });
    const wamid = wamidOf(await simulator.text());
    await until(() => receiver.statuses(wamid).length === 2);
    const opened = await simulator.control('POST', 'phone/read', {
      phoneNumberId: PHONE,
      customer: CUSTOMER,
    });
    expect(opened.read).toBe(0);
  });
});

describe('the phone', () => {
  it('shows ticks on what the customer wrote, and the business reading it', async () => {
    const { wamid } = await simulator.write({}, '?wait=true');
    const state = async (): Promise<unknown> => {
      const { data } = await simulator.control(
        'GET',
        `phone/messages?phoneNumberId=${PHONE}&customer=${CUSTOMER}`,
      );
      return (data as Json[]).find((message) => message.id === wamid)?.state;
    };
    expect(await state()).toBe('delivered');
    const read = {
      messaging_product: 'whatsapp',
      status: 'read',
      message_id: wamid,
      typing_indicator: { type: 'text' },
    };
    expect((await simulator.graph('POST', `${PHONE}/messages`, read)).body).toEqual({ success: true });
    expect(await state()).toBe('read');
  });

  it('an open stream reads, and tells about new messages', async () => {
    await simulator.write({}, '?wait=true');
    const stop = new AbortController();
    const chat = `phoneNumberId=${PHONE}&customer=${CUSTOMER}`;
    const stream = await fetch(`${simulator.url}/control/phone/events?${chat}`, { signal: stop.signal });
    const wamid = wamidOf(await simulator.text());
    await until(() => receiver.statuses(wamid).some((each) => each.status === 'read'));
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    let told = '';
    await until(async () => {
      const { value } = await reader.read();
      told += Buffer.from(value ?? []).toString();
      return told.includes('"type":"message"') && told.includes(wamid);
    });
    stop.abort();
  });

  it('serves its page without any outside address', async () => {
    const pages = await Promise.all(
      ['/', '/page/phone.js', '/page/bubble.js', '/page/chat.css'].map((path) => fetch(simulator.url + path)),
    );
    for (const page of pages) {
      expect(page.status).toBe(200);
      expect(await page.text()).not.toMatch(/(src|href|import|url)\W{1,3}https?:\/\//);
    }
  });
});

async function accepted(): Promise<unknown> {
  const summary = await simulator.control('GET', 'ledger/summary');
  return (summary.deliveries as Json).accepted;
}

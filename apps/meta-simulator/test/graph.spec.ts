import { createHash } from 'node:crypto';
import { business, errorOf, type Json, PHONE, Receiver, Simulator, TOKEN, until } from './harness';

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

describe('media', () => {
  const upload = async (bytes: Buffer, type: string): Promise<{ status: number; body: Json }> => {
    const form = new FormData();
    form.set('messaging_product', 'whatsapp');
    form.set('file', new File([new Uint8Array(bytes)], 'a.bin', { type }));
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${simulator.url}/v25.0/${PHONE}/media`, {
      method: 'POST',
      headers,
      body: form,
    });
    return { status: answer.status, body: (await answer.json()) as Json };
  };

  it('makes the round trip', async () => {
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 256));
    const { id } = (await upload(bytes, 'image/png')).body;
    const { body: node } = await simulator.graph('GET', String(id));
    expect(node).toMatchObject({
      id,
      mime_type: 'image/png',
      file_size: 5000,
      messaging_product: 'whatsapp',
    });
    expect(node.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));

    const get = (token?: string): Promise<Response> =>
      fetch(String(node.url), token ? { headers: { authorization: `Bearer ${token}` } } : {});
    const file = await get(TOKEN);
    expect(file.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await get()).status).toBe(401);
    await simulator.control('POST', 'faults', { kind: 'http', status: 500, match: { path: '/attachments' } });
    expect((await get(TOKEN)).status).toBe(500);
    await simulator.control('POST', 'clock', { offsetMs: 301_000 });
    expect((await get(TOKEN)).status).toBe(404);

    await openWindow();
    expect((await simulator.send({ type: 'image', image: { id } })).status).toBe(200);
    expect((await simulator.graph('DELETE', String(id))).body).toEqual({ success: true });
    expect((await simulator.graph('GET', String(id))).status).toBe(400);
  });

  it('keeps to the limits', async () => {
    expect((await upload(Buffer.alloc(5 * 1024 * 1024 + 1), 'image/png')).status).toBe(400);
    expect((await upload(Buffer.from('x'), 'application/x-odd')).body.error).toMatchObject({ code: 100 });
  });

  it('that a customer sends can be downloaded', async () => {
    await simulator.write({ type: 'audio', audio: {} }, '?wait=true');
    const audio = receiver.messages()[0]?.audio as Json;
    expect(audio).toMatchObject({ voice: true, mime_type: 'audio/ogg; codecs=opus' });
    const { body: node } = await simulator.graph('GET', String(audio.id));
    const file = await fetch(String(node.url), { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(
      Buffer.from(await file.arrayBuffer())
        .subarray(0, 4)
        .toString(),
    ).toBe('OggS');
  });
});

describe('templates', () => {
  const edge = '419561257915477/message_templates';

  it('are paged with cursors', async () => {
    for (let i = 0; i < 5; i++) await simulator.graph('POST', edge, draft(`t_${i}`));
    const seen: unknown[] = [];
    let path: string | undefined = `${edge}?limit=3&fields=name,status`;
    while (path) {
      const { body }: { body: Json } = await simulator.graph('GET', path);
      seen.push(...(body.data as Json[]).map((each) => each.name));
      const next = (body.paging as Json).next as string | undefined;
      path = next?.split('/v25.0/')[1];
    }
    expect(seen).toEqual(['order_ready', 'offer', 't_0', 't_1', 't_2', 't_3', 't_4']);
    const pending = await simulator.graph('GET', `${edge}?status=PENDING&name=t_1`);
    expect((pending.body.data as Json[]).map((each) => each.name)).toEqual(['t_1']);
  });

  it('are created as pending and approved with a webhook', async () => {
    await simulator.config({ limits: { templateApprovalMs: 0 } });
    const { body } = await simulator.graph('POST', edge, draft('fresh'));
    expect(body).toMatchObject({ status: 'PENDING', category: 'UTILITY' });
    const [event] = await until(() => {
      const events = receiver.values('message_template_status_update');
      return events.length > 0 && events;
    });
    expect(event).toMatchObject({ event: 'APPROVED', message_template_name: 'fresh', reason: 'NONE' });
    expect((await simulator.graph('DELETE', `${edge}?name=fresh`)).body).toEqual({ success: true });
    expect((await simulator.graph('DELETE', `${edge}?name=fresh`)).status).toBe(400);
  });
});

describe('other edges', () => {
  it('answer about numbers, profile and subscription', async () => {
    const numbers = await simulator.graph('GET', '419561257915477/phone_numbers');
    expect((numbers.body.data as Json[]).map((each) => each.id)).toEqual([PHONE, '106540352242923']);
    const node = await simulator.graph('GET', `${PHONE}?fields=status,throughput`);
    expect(node.body).toEqual({ id: PHONE, status: 'CONNECTED', throughput: { level: 'STANDARD' } });
    await simulator.graph('POST', `${PHONE}/whatsapp_business_profile`, {
      messaging_product: 'whatsapp',
      about: 'Hi',
    });
    const profile = await simulator.graph('GET', `${PHONE}/whatsapp_business_profile?fields=about`);
    expect(profile.body).toEqual({ data: [{ about: 'Hi', messaging_product: 'whatsapp' }] });
    expect((await simulator.graph('POST', '419561257915477/subscribed_apps')).body).toEqual({
      success: true,
    });
    const unknown = await simulator.graph('GET', `${PHONE}/nothing/here`);
    expect(errorOf(unknown)).toMatchObject({ code: 2500 });
  });

  it('answer a person known by BSUID only', async () => {
    const userId = 'US.13491208655302741918';
    await simulator.write({ from: { userId } }, '?wait=true');
    expect(receiver.messages()[0]).not.toHaveProperty('from');
    const answer = await simulator.text({ to: undefined, recipient: userId });
    expect(answer.body.contacts).toEqual([{ input: userId, user_id: userId }]);
    const [status] = await until(() => receiver.statuses().length > 0 && receiver.statuses());
    expect(status).toMatchObject({ recipient_user_id: userId });
    expect(status).not.toHaveProperty('recipient_id');
  });
});

function draft(name: string): Json {
  return {
    name,
    language: 'en_US',
    category: 'UTILITY',
    components: [{ type: 'BODY', text: 'Hello there.' }],
  };
}

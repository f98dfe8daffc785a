import { eventually, Screen, TestStack, type StackFile } from '@scrm/testing';
import { randomBytes, randomUUID } from 'node:crypto';
import { Api, call, deliver } from './api';

interface ConversationItem {
  id: string;
  contact: { waId: string };
  teamId: string;
  lastMessage: { preview: string };
}
interface MessageItem {
  id: string;
  status: string;
  wamid: string | null;
}

const ADMIN = 'admin@demo.test';
const LEADER = 'leader@demo.test';
const SALES = ['agent1@demo.test', 'agent2@demo.test'];
const SUPPORT = ['agent3@demo.test', 'agent4@demo.test'];

describe('the main job', () => {
  let running: TestStack;
  let stack: StackFile;
  let unique = 0;
  const screens: Screen[] = [];

  beforeAll(async () => {
    running = await TestStack.start([], { LOG_LEVEL: 'debug' });
    stack = running.read();
  }, 90_000);
  afterAll(async () => {
    for (const screen of screens) screen.close();
    await running?.stop();
  }, 60_000);

  const screenOf = async (email: string, pod = 0) => screenWith((await Api.login(stack, email)).token, pod);
  const screenWith = async (token: string, pod: number) => {
    const screen = await new Screen(stack.ws, () => token).open(pod);
    screens.push(screen);
    return screen;
  };
  const customer = () => `62899${process.pid}${++unique}`;
  const fromCustomer = (waId: string, sender: 0 | 1, text: string) =>
    call<{ wamid: string }>(`${stack.simulator}/control/customers/messages?wait=true`, {
      method: 'POST',
      body: {
        phoneNumberId: stack.meta.phoneNumberIds[sender],
        from: { waId, name: 'Customer' },
        type: 'text',
        text: { body: text },
      },
    });
  const conversationWith = (api: Api, waId: string) =>
    eventually(async () => {
      const { body } = await api.get<{ items: ConversationItem[] }>('/conversations?limit=100');
      const found = body.items.find((c) => c.contact.waId === waId);
      if (!found) throw new Error('the conversation is not in the list');
      return found;
    });

  it("shows a first conversation to whoever signs in to the demo's sales team", async () => {
    const { body } = await (
      await Api.login(stack, SALES[0]!)
    ).get<{ items: ConversationItem[] }>('/conversations');
    expect(body.items).toHaveLength(1);
    expect(body.items[0]!.lastMessage.preview).toContain('Gayo');
  });

  it("brings a customer's message to every agent who may see it, on any pod, and to no other", async () => {
    const all = [ADMIN, LEADER, ...SALES, ...SUPPORT];
    const open = await Promise.all(all.map((email, i) => screenOf(email, i % 2)));
    const { body: sent } = await fromCustomer(customer(), 0, 'is anybody there?');
    const { body: after } = await fromCustomer(customer(), 1, 'for the others');
    const sees = (email: string) => open[all.indexOf(email)]!.received();
    await eventually(() => {
      // Two conversations: either may be first.
      expect(new Set(sees(ADMIN))).toEqual(new Set([sent.wamid, after.wamid]));
      expect(sees(ADMIN)).toHaveLength(2);
      expect(sees(LEADER)).toEqual([sent.wamid]);
      for (const email of SALES) expect(sees(email)).toEqual([sent.wamid]);
      for (const email of SUPPORT) expect(sees(email)).toEqual([after.wamid]);
    });
  });

  it("brings the answer to the customer's phone, and its ticks back", async () => {
    const api = await Api.login(stack, SALES[0]!);
    const screen = await screenOf(SALES[0]!);
    const waId = customer();
    await fromCustomer(waId, 0, 'a question');
    const conversation = await conversationWith(api, waId);
    const accepted = await api.send<MessageItem>(conversation.id, 'an answer');
    expect(accepted).toMatchObject({ status: 202, body: { status: 'queued' } });
    const steps = () =>
      screen.events
        .filter((e) => e.data?.message?.id === accepted.body.id)
        .map((e) => `${e.type} ${e.data!.message!.status}`);
    const delivered = [
      'message.queued queued',
      'message.sent sent',
      'message.status sent',
      'message.status delivered',
    ];
    await eventually(() => expect(steps()).toEqual(delivered));
    const phone = `${stack.simulator}/control/phone/messages?phoneNumberId=${stack.meta.phoneNumberIds[0]}&customer=${waId}`;
    expect(JSON.stringify((await call(phone)).body)).toContain('an answer');
    await call(`${stack.simulator}/control/phone/read`, {
      method: 'POST',
      body: { phoneNumberId: stack.meta.phoneNumberIds[0], customer: waId },
    });
    await eventually(() => expect(steps()).toEqual([...delivered, 'message.status read']));
  });

  it('goes on after the last cursor, on another pod: nothing missed, nothing twice, in order', async () => {
    const screen = await screenOf(SALES[1]!);
    const waId = customer();
    const texts = Array.from({ length: 30 }, (_, i) => ({
      wamid: `wamid.E2E.${process.pid}.${++unique}.${i}`,
      from: waId,
      phoneNumberId: stack.meta.phoneNumberIds[0]!,
    }));
    for (const [i, text] of texts.entries()) {
      if (i % 7 === 3) screen.drop();
      await deliver(stack, text);
    }
    const ids = texts.map((t) => t.wamid);
    await eventually(() => expect(screen.received().filter((w) => ids.includes(w))).toEqual(ids));
    expect(screen.closes.length).toBeGreaterThan(0);
    const seqs = screen.events.filter((e) => ids.includes(e.data?.message?.wamid ?? '')).map((e) => e.seq);
    expect(seqs).toEqual(texts.map((_, i) => i + 1));
    expect(screen.other.filter((f) => f.type === 'reset')).toEqual([]);
  });

  it('sends a template to somebody who has never written, and refuses free text', async () => {
    const api = await Api.login(stack, ADMIN);
    const { body: senders } = await api.get<{ items: { id: string }[] }>('/senders');
    const opened = await api.post<ConversationItem>('/conversations', {
      senderId: senders.items[0]!.id,
      phone: '+62 812 7777 0001',
    });
    expect(opened.status).toBeLessThan(300);
    expect(await api.send(opened.body.id, 'hello?')).toMatchObject({
      status: 422,
      body: { code: 'window_closed' },
    });
    const { status, body } = await api.post<MessageItem>(
      `/conversations/${opened.body.id}/messages`,
      {
        type: 'template',
        template: {
          name: 'welcome',
          language: { code: 'en' },
          components: [{ type: 'body', parameters: [{ type: 'text', text: 'Sari' }] }],
        },
      },
      { 'idempotency-key': randomUUID() },
    );
    expect(status).toBe(202);
    await eventually(async () => {
      const page = await api.get<{ items: MessageItem[] }>(`/conversations/${opened.body.id}/messages`);
      expect(page.body.items.find((m) => m.id === body.id)).toMatchObject({ status: 'delivered' });
    });
  });

  it('answers bad requests with problems that a client can act on', async () => {
    const api = await Api.login(stack, SALES[0]!);
    const support = await Api.login(stack, SUPPORT[0]!);
    const waId = customer();
    await fromCustomer(waId, 0, 'secret of the sales team');
    const { id } = await conversationWith(api, waId);
    const key = randomUUID();
    await api.send(id, 'once', key);
    const problems: [Promise<{ status: number; body: unknown }>, number, string][] = [
      [call(`${stack.back}/api/v1/conversations`), 401, 'unauthenticated'],
      [call(`${stack.back}/api/v1/conversations`, { token: `${api.token}x` }), 401, 'unauthenticated'],
      [support.get(`/conversations/${id}`), 404, 'not_found'],
      [support.get(`/conversations/${id}/messages`), 404, 'not_found'],
      [support.send(id, 'not mine'), 404, 'not_found'],
      [api.get(`/conversations/${randomUUID()}`), 404, 'not_found'],
      [api.send(id, 'another', key), 422, 'idempotency_key_reused'],
      [api.send(id, ''), 422, 'invalid_message'],
      [
        api.post(`/conversations/${id}/messages`, { type: 'text', text: { body: 'x' } }),
        400,
        'invalid_request',
      ],
      [api.get('/conversations?cursor=nonsense'), 400, 'invalid_cursor'],
      [api.get('/webhook-deliveries'), 403, 'forbidden'],
    ];
    for (const [answer, status, code] of problems) {
      expect(await answer).toMatchObject({
        status,
        body: { status, code, type: `urn:scrm:problem:${code}` },
      });
    }
  });

  it('shows the door to whoever was signed out or deactivated: on every service and every pod, in two seconds', async () => {
    const [email] = SUPPORT as [string];
    const here = await Api.login(stack, email);
    const elsewhere = await Api.login(stack, email);
    const screens = await Promise.all([0, 1].map((pod) => screenWith(elsewhere.token, pod)));
    const mine = await screenWith(here.token, 0);
    const isOut = async (api: Api) => {
      expect(await api.get('/me')).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
      expect(await api.get('/conversations')).toMatchObject({ status: 401 });
    };
    const closed = (some: Screen[]) =>
      eventually(() => {
        for (const screen of some) expect(screen.closes.map(({ code }) => code)).toContain(4401);
      });
    const { body: mySessions } = await here.get<{ items: { current: boolean }[] }>('/me/sessions');
    expect(mySessions.items.filter(({ current }) => current)).toHaveLength(1);
    let began = performance.now();
    expect(await here.delete('/me/sessions/others')).toMatchObject({ status: 200 });
    await Promise.all([eventually(() => isOut(elsewhere)), closed(screens)]);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect([(await here.get('/me')).status, mine.closes]).toEqual([200, []]);

    const admin = await Api.login(stack, ADMIN);
    const { body: page } = await admin.get<{ items: { id: string; email: string }[] }>('/agents?limit=100');
    const { id } = page.items.find((item) => item.email === email)!;
    began = performance.now();
    const out = { status: 'deactivated', handOver: { to: 'pool' } };
    expect(await admin.patch(`/agents/${id}`, out)).toMatchObject({ status: 200 });
    await Promise.all([eventually(() => isOut(here)), closed([mine])]);
    expect(performance.now() - began).toBeLessThan(2_000);
    await expect(Api.login(stack, email)).rejects.toThrow(/invalid_credentials/);
    // When their conversations are with others.
    await eventually(async () =>
      expect(await admin.patch(`/agents/${id}`, { status: 'active' })).toMatchObject({ status: 200 }),
    );
    await isOut(here);
    expect((await (await Api.login(stack, email)).get('/me')).status).toBe(200);
  });

  it('shows to each who else is there, and what they say of themselves', async () => {
    const [email, colleague] = SALES as [string, string];
    const mine = await screenOf(email, 0);
    const api = await Api.login(stack, colleague);
    const { id } = (await api.get<{ id: string }>('/me')).body;
    await screenWith(api.token, 1);
    const heard = (presence: string) =>
      eventually(() => {
        const frames = mine.other.filter(({ type }) => type === 'presence');
        expect(frames.flatMap(({ agents }) => agents)).toContainEqual({ id, presence });
      });
    const listed = async () => {
      const { body } = await api.get<{ items: { id: string; presence: string }[] }>('/agents?limit=100');
      return body.items.find((item) => item.id === id)!.presence;
    };
    await eventually(async () => expect(await listed()).toBe('online'));
    const chosen = await api.put('/me/presence', { status: 'busy' });
    expect(chosen).toMatchObject({ status: 200, body: { status: 'busy', presence: 'busy' } });
    await heard('busy');
    expect(await listed()).toBe('busy');
  });

  it('follows a message through all services by its trace, and logs no text of it', async () => {
    const api = await Api.login(stack, SALES[0]!);
    await screenOf(SALES[0]!, 0);
    const waId = customer();
    const [inbound, outbound] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
    const header = (traceId: string) => ({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
    const wamid = `wamid.TRACE.${process.pid}`;
    await deliver(
      stack,
      { wamid, from: waId, phoneNumberId: stack.meta.phoneNumberIds[0]! },
      header(inbound),
    );
    const { id } = await conversationWith(api, waId);
    const text = { type: 'text', text: { body: 'nobody should read this in a log' } };
    await api.post(`/conversations/${id}/messages`, text, {
      'idempotency-key': randomUUID(),
      ...header(outbound),
    });
    const lines = (service: string, traceId: string) =>
      running
        .log(service)
        .split('\n')
        .filter((line) => line.includes(traceId))
        .map((line) => (JSON.parse(line) as { msg: string }).msg);
    await eventually(() => {
      expect(lines('waba', inbound)).toContain('messages stored');
      expect(lines('ws-1', inbound)).toContain('event received');
      expect(lines('back', outbound).length).toBeGreaterThan(0);
      expect(lines('waba', outbound)).toEqual(expect.arrayContaining(['message accepted', 'message sent']));
      expect(lines('ws-1', outbound).length).toBeGreaterThan(1);
    });
    const all = stack.services.map((s) => running.log(s.name)).join('');
    expect(all).not.toContain('nobody should read this');
    expect(all).not.toContain(api.token);
    expect(all).not.toContain(waId);
  });

  it('documents itself, and says how it is', async () => {
    expect((await call<{ openapi: string }>(stack.openapi)).body.openapi).toMatch(/^3\./);
    expect((await call<{ asyncapi: string }>(stack.asyncapi)).body.asyncapi).toMatch(/^3\./);
    expect((await fetch(`${stack.back}/api/docs`)).status).toBe(200);
    for (const { name, port } of stack.services) {
      for (const path of ['/health/live', '/health/ready', '/metrics']) {
        expect([name, path, (await fetch(`http://127.0.0.1:${port}${path}`)).status]).toEqual([
          name,
          path,
          200,
        ]);
      }
    }
  });
});

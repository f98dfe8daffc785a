import { type RunningService, startService } from '@scrm/platform';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppModule } from '../src/app.module';
import { BODY_LIMIT, configureApp } from '../src/parsers';

export type Json = Record<string, unknown>;

export const SECRET = 'the-app-secret';
export const TOKEN = 'EAAtoken';
export const PHONE = '106540352242922';
export const CUSTOMER = '16505551234';

/** Waits until the condition gives something; the jest timeout is the bound. */
export async function until<T>(
  condition: () => T | Promise<T>,
  ms = 10_000,
): Promise<Exclude<T, false | 0 | '' | null | undefined>> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<T, false | 0 | '' | null | undefined>;
    if (Date.now() > end) throw new Error(`never became true: ${condition.toString()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export interface Received {
  headers: IncomingMessage['headers'];
  raw: Buffer;
  json: Json;
  valid: boolean;
}

/** What a webhook consumer is to the simulator: keeps the bytes, checks the signature, answers as told. */
export class Receiver {
  readonly received: Received[] = [];
  /** Taken one by one; then always 200. */
  answers: number[] = [];
  private server?: Server;

  async start(): Promise<string> {
    this.server = createServer((req, res) => this.handle(req, res));
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/webhook`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  clear(): void {
    this.received.length = 0;
    this.answers = [];
  }

  values(field = 'messages'): Json[] {
    const changes = this.received.flatMap(({ json }) =>
      ((json.entry as Json[]) ?? []).flatMap((entry) => entry.changes as { field: string; value: Json }[]),
    );
    return changes.filter((change) => change.field === field).map((change) => change.value);
  }

  statuses(wamid?: string): Json[] {
    const all = this.values().flatMap((value) => (value.statuses as Json[] | undefined) ?? []);
    return wamid === undefined ? all : all.filter((status) => status.id === wamid);
  }

  messages(): Json[] {
    return this.values().flatMap((value) => (value.messages as Json[] | undefined) ?? []);
  }

  private handle(req: IncomingMessage, res: ServerResponse): void {
    if (req.method === 'GET') {
      const query = new URL(req.url ?? '', 'http://x').searchParams;
      const fine = query.get('hub.mode') === 'subscribe' && query.get('hub.verify_token') === 'verify-me';
      if (query.get('hub.verify_token') === 'wrong-echo') {
        res.end('hello');
        return;
      }
      res.writeHead(fine ? 200 : 403).end(fine ? query.get('hub.challenge') : '');
      return;
    }
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const raw = Buffer.concat(chunks);
      const expected = `sha256=${createHmac('sha256', SECRET).update(raw).digest('hex')}`;
      this.received.push({
        headers: req.headers,
        raw,
        json: JSON.parse(raw.toString('utf8')) as Json,
        valid: req.headers['x-hub-signature-256'] === expected,
      });
      res.writeHead(this.answers.shift() ?? 200).end();
    });
  }
}

export interface Answer {
  status: number;
  body: Json;
  headers: Headers;
}

export class Simulator {
  private service?: RunningService;

  get url(): string {
    return this.service?.url ?? '';
  }

  async start(): Promise<void> {
    this.service = await startService({
      name: 'meta-simulator',
      module: AppModule,
      config: { NODE_ENV: 'test', HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'silent' },
      bodyLimit: BODY_LIMIT,
      configure: configureApp,
    });
  }

  async stop(): Promise<void> {
    await this.service?.stop();
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    let parsed: Json;
    try {
      parsed = JSON.parse(text) as Json;
    } catch {
      parsed = { text };
    }
    return { status: response.status, body: parsed, headers: response.headers };
  }

  graph(method: string, path: string, body?: unknown, token = TOKEN): Promise<Answer> {
    return this.call(method, `/v25.0/${path}`, body, { authorization: `Bearer ${token}` });
  }

  async control(method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await this.call(method, `/control/${path}`, body);
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  send(body: Json, phone = PHONE): Promise<Answer> {
    return this.graph('POST', `${phone}/messages`, { messaging_product: 'whatsapp', to: CUSTOMER, ...body });
  }

  text(extra: Json = {}): Promise<Answer> {
    return this.send({ type: 'text', text: { body: 'hello' }, ...extra });
  }

  async write(extra: Json = {}, query = ''): Promise<Json> {
    const from = { waId: CUSTOMER, name: 'Zoë' };
    const body = { phoneNumberId: PHONE, from, type: 'text', text: { body: 'hi' }, ...extra };
    return this.control('POST', `customers/messages${query}`, body);
  }

  config(patch: Json): Promise<Json> {
    return this.control('PUT', 'config', patch);
  }
}

export const wamidOf = (answer: Answer): string => String((answer.body.messages as Json[])[0]?.id);

export const errorOf = (answer: Answer): Json => (answer.body.error ?? {}) as Json;

/** The one business that the tests use; fast and without Meta's limits. */
export const business = (webhookUrl: string): Json => ({
  webhookUrl,
  appSecret: SECRET,
  verifyToken: 'verify-me',
  wabas: [
    {
      id: '419561257915477',
      accessToken: TOKEN,
      phoneNumbers: [
        { id: PHONE, displayPhoneNumber: '+1 555-078-3881', verifiedName: 'Shop' },
        { id: '106540352242923', displayPhoneNumber: '+1 555-078-3882', verifiedName: 'Shop 2' },
      ],
      templates: [
        {
          name: 'order_ready',
          language: 'en_US',
          category: 'UTILITY',
          components: [
            { type: 'BODY', text: 'Dear {{1}}, order {{2}} is ready.' },
            { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'Thanks' }] },
          ],
        },
        {
          name: 'offer',
          language: 'en_US',
          category: 'MARKETING',
          parameter_format: 'NAMED',
          components: [{ type: 'BODY', text: 'Only today, {{first_name}}: half price.' }],
        },
      ],
    },
    { id: '2', accessToken: 'other', phoneNumbers: [{ id: '20', displayPhoneNumber: '+49 30 1234567' }] },
  ],
  statuses: { delays: { sent: 0, delivered: 1, read: 2 } },
  webhook: { retry: { firstMs: 1, maxMs: 5, maxAgeMs: 60_000 } },
  limits: { templateApprovalMs: null },
});

export const templateBody = (name: string, parameters: Json[]): Json => ({
  type: 'template',
  template: { name, language: { code: 'en_US' }, components: [{ type: 'body', parameters }] },
});

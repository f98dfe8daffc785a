import type { StackFile } from '@scrm/testing';
import { createHmac, randomUUID } from 'node:crypto';

export interface Answer<T> {
  status: number;
  body: T;
}

/** The public API, as one person uses it. */
export class Api {
  private constructor(
    private readonly base: string,
    readonly token: string,
  ) {}

  static async login(stack: StackFile, email: string): Promise<Api> {
    const { password } = stack.logins.find((l) => l.email === email)!;
    const { status, body } = await call<{ accessToken: string }>(`${stack.back}/api/v1/auth/login`, {
      method: 'POST',
      body: { email, password },
    });
    if (status !== 200) throw new Error(`login answered ${status}: ${JSON.stringify(body)}`);
    return new Api(stack.back, body.accessToken);
  }

  get<T>(path: string): Promise<Answer<T>> {
    return call<T>(`${this.base}/api/v1${path}`, { token: this.token });
  }

  post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
    return call<T>(`${this.base}/api/v1${path}`, { method: 'POST', body, token: this.token, headers });
  }

  patch<T>(path: string, body: unknown): Promise<Answer<T>> {
    return call<T>(`${this.base}/api/v1${path}`, { method: 'PATCH', body, token: this.token });
  }

  put<T>(path: string, body: unknown): Promise<Answer<T>> {
    return call<T>(`${this.base}/api/v1${path}`, { method: 'PUT', body, token: this.token });
  }

  delete<T>(path: string): Promise<Answer<T>> {
    return call<T>(`${this.base}/api/v1${path}`, { method: 'DELETE', token: this.token });
  }

  send<T>(conversationId: string, text: string, key: string = randomUUID()): Promise<Answer<T>> {
    const headers = { 'idempotency-key': key };
    return this.post<T>(
      `/conversations/${conversationId}/messages`,
      { type: 'text', text: { body: text } },
      headers,
    );
  }
}

export async function call<T>(
  url: string,
  options: { method?: string; body?: unknown; token?: string; headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const response = await fetch(url, {
    method: options.method ?? 'GET',
    headers: {
      ...(options.body !== undefined && { 'content-type': 'application/json' }),
      ...(options.token && { authorization: `Bearer ${options.token}` }),
      ...options.headers,
    },
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text ? JSON.parse(text) : undefined) as T };
}

export interface CustomerMessage {
  wamid: string;
  from: string;
  phoneNumberId: string;
}

/** Delivers a customer's message as Meta does: signed, and again until it is answered 200. */
export async function deliver(
  stack: StackFile,
  message: CustomerMessage,
  headers: Record<string, string> = {},
): Promise<void> {
  const body = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [
      {
        id: stack.meta.wabaId,
        changes: [
          {
            field: 'messages',
            value: {
              messaging_product: 'whatsapp',
              metadata: { phone_number_id: message.phoneNumberId },
              contacts: [{ profile: { name: `Customer ${message.from}` }, wa_id: message.from }],
              messages: [
                {
                  from: message.from,
                  id: message.wamid,
                  timestamp: String(Math.floor(Date.now() / 1000)),
                  type: 'text',
                  text: { body: `text of ${message.wamid}` },
                },
              ],
            },
          },
        ],
      },
    ],
  });
  const signature = createHmac('sha256', stack.meta.appSecret).update(body).digest('hex');
  for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
    const status = await fetch(`${stack.waba}/webhooks/whatsapp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-hub-signature-256': `sha256=${signature}`,
        ...headers,
      },
      body,
    }).then(
      (r) => r.status,
      () => 0,
    );
    if (status === 200) return;
    if (status !== 0 && status !== 503) throw new Error(`the webhook answered ${status}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

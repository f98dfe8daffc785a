import { Inject, Injectable } from '@nestjs/common';
import { Drain, histogram } from '@scrm/platform';
import { Agent, request } from 'undici';
import { WABA_CONFIG, type WabaConfig } from '../config';

export interface GraphError {
  code: number;
  title?: string;
  details?: string;
}

/**
 * What became of a send. `rejected`: Meta answered with an error, so it did not take the message. `not-sent`: not a
 * byte reached Meta. `unknown`: it may or may not have taken it; only its status webhook, or a person, can tell.
 */
export type SendOutcome =
  | { kind: 'accepted'; wamid: string; waId: string | null; userId: string | null }
  | { kind: 'rejected'; error: GraphError; retryAfterMs: number | null }
  | { kind: 'not-sent'; reason: string }
  | { kind: 'unknown'; reason: string };

export interface SendRequest {
  phoneNumberId: string;
  accessToken: string;
  /** The phone number, or the user id where there is none. */
  to: { waId: string | null; userId: string | null; groupId: string | null };
  message: Record<string, unknown>;
  replyTo: string | null;
  /** Comes back in the status webhooks: our message id. */
  callbackData: string;
}

const sendSeconds = histogram('message_outbound_dispatch_seconds', 'Time of a call to send', ['outcome']);

/** Errors of the connection that can only happen before the request was written. */
const BEFORE_WRITING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The Graph API of Meta. Never sends twice by itself: it has no idempotency key. */
@Injectable()
export class CloudApiClient {
  private readonly agent: Agent;

  constructor(
    @Inject(WABA_CONFIG) private readonly config: WabaConfig,
    drain: Drain,
  ) {
    this.agent = new Agent({
      connections: 64,
      pipelining: 1,
      // Shorter than what servers keep: a connection that is reused is alive.
      keepAliveTimeout: 3_000,
      connect: { timeout: 3_000 },
      headersTimeout: config.GRAPH_TIMEOUT_MS,
      bodyTimeout: config.GRAPH_TIMEOUT_MS,
    });
    drain.on('close-connections', 'graph', () => this.agent.close());
  }

  async send(send: SendRequest): Promise<SendOutcome> {
    const end = sendSeconds.startTimer();
    const outcome = await this.post(send);
    end({ outcome: outcome.kind });
    return outcome;
  }

  private async post(send: SendRequest): Promise<SendOutcome> {
    const url = `${this.config.GRAPH_BASE_URL}/${this.config.GRAPH_VERSION}/${send.phoneNumberId}/messages`;
    try {
      const response = await request(url, {
        method: 'POST',
        dispatcher: this.agent,
        headers: { authorization: `Bearer ${send.accessToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(sendBody(send)),
      });
      const retryAfter = Number(response.headers['retry-after']);
      const retryAfterMs = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter * 1000 : null;
      return readAnswer(response.statusCode, await response.body.text(), retryAfterMs);
    } catch (error) {
      const code = String((error as { code?: unknown }).code ?? (error as Error).message);
      return BEFORE_WRITING.has(code)
        ? { kind: 'not-sent', reason: code }
        : { kind: 'unknown', reason: code };
    }
  }
}

export function sendBody({ to, message, replyTo, callbackData }: SendRequest): Record<string, unknown> {
  return {
    messaging_product: 'whatsapp',
    recipient_type: to.groupId ? 'group' : 'individual',
    ...(to.groupId ? { to: to.groupId } : to.waId ? { to: to.waId } : { recipient: to.userId }),
    ...message,
    ...(replyTo && { context: { message_id: replyTo } }),
    biz_opaque_callback_data: callbackData,
  };
}

/** An answer that is not Meta's (a proxy's error page, a cut body) leaves open what happened. */
export function readAnswer(status: number, body: string, retryAfterMs: number | null): SendOutcome {
  let answer: {
    messages?: { id?: unknown }[];
    contacts?: { wa_id?: unknown; user_id?: unknown }[];
    error?: { code?: unknown; message?: unknown; error_data?: { details?: unknown } };
  };
  try {
    answer = JSON.parse(body) as typeof answer;
  } catch {
    return { kind: 'unknown', reason: `HTTP ${status} without JSON` };
  }
  const wamid = answer.messages?.[0]?.id;
  if (status < 300 && typeof wamid === 'string') {
    const contact = answer.contacts?.[0];
    const id = (v: unknown) => (typeof v === 'string' ? v : null);
    return { kind: 'accepted', wamid, waId: id(contact?.wa_id), userId: id(contact?.user_id) };
  }
  const code = Number(answer.error?.code);
  if (!answer.error || !Number.isFinite(code)) return { kind: 'unknown', reason: `HTTP ${status}` };
  const details = answer.error.error_data?.details;
  return {
    kind: 'rejected',
    retryAfterMs,
    error: {
      code,
      ...(typeof answer.error.message === 'string' && { title: answer.error.message }),
      ...(typeof details === 'string' && { details }),
    },
  };
}

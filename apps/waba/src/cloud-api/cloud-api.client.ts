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

/** Errors that can only happen before the request was written. */
const BEFORE_WRITING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
  'UND_ERR_CLOSED',
]);
/** Meta's code for "this number sends too fast". */
const THROTTLED = 130429;
const LONGEST_ANSWER = 1024 * 1024;
const LONGEST_RETRY_AFTER_S = 3_600;

/** The Graph API of Meta. Never sends twice by itself: it has no idempotency key. */
@Injectable()
export class CloudApiClient {
  private readonly agent: Agent;

  constructor(
    @Inject(WABA_CONFIG) private readonly config: WabaConfig,
    drain: Drain,
  ) {
    this.agent = new Agent({
      // As many as the dispatcher sends at once: a send that waits for a connection would seem lost meanwhile.
      connections: 256,
      pipelining: 1,
      // Shorter than what servers keep: a connection that is reused is alive.
      keepAliveTimeout: 3_000,
      connect: { timeout: 3_000 },
      headersTimeout: config.GRAPH_TIMEOUT_MS,
      bodyTimeout: config.GRAPH_TIMEOUT_MS,
      maxResponseSize: LONGEST_ANSWER,
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
        // The timeouts above begin anew with each byte: an answer that trickles in would hold its place for ever.
        signal: AbortSignal.timeout(this.config.GRAPH_TIMEOUT_MS + 1_000),
      });
      const body = await response.body.text();
      return readAnswer(response.statusCode, body, retryAfterOf(response.headers['retry-after']));
    } catch (error) {
      const { code, name, message } = error as NodeJS.ErrnoException;
      const reason = typeof code === 'string' ? code : name === 'TimeoutError' ? name : message;
      return { kind: BEFORE_WRITING.has(reason) ? 'not-sent' : 'unknown', reason };
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

/** Seconds, or a date. Bounded: a message must not wait for years because a header says so. */
function retryAfterOf(header: unknown): number | null {
  if (typeof header !== 'string') return null;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return seconds > 0 ? Math.min(seconds, LONGEST_RETRY_AFTER_S) * 1000 : null;
}

interface Answer {
  messages?: { id?: unknown }[];
  contacts?: { wa_id?: unknown; user_id?: unknown }[];
  error?: { code?: unknown; message?: unknown; error_data?: { details?: unknown } };
}

/** An answer that is not Meta's (a proxy's error page, a cut body) leaves open what happened. */
export function readAnswer(status: number, body: string, retryAfterMs: number | null): SendOutcome {
  let answer: Answer;
  try {
    answer = (JSON.parse(body) ?? {}) as Answer;
  } catch {
    answer = {};
  }
  const wamid = answer.messages?.[0]?.id;
  if (status < 300 && typeof wamid === 'string') {
    const contact = answer.contacts?.[0];
    const id = (v: unknown) => (typeof v === 'string' ? v : null);
    return { kind: 'accepted', wamid, waId: id(contact?.wa_id), userId: id(contact?.user_id) };
  }
  // No code is not code 0: that one stops the number.
  const code = /^\d+$/.test(String(answer.error?.code)) ? Number(answer.error?.code) : null;
  if (!answer.error || code === null) {
    // "Too many" says that it was not taken, whoever says it.
    const throttled = { code: THROTTLED, title: `HTTP ${status}` };
    return status === 429
      ? { kind: 'rejected', retryAfterMs, error: throttled }
      : { kind: 'unknown', reason: `HTTP ${status} without an answer of WhatsApp` };
  }
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

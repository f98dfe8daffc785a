import { ERRORS, isErrorCode, type Challenge, type ErrorCode, type Problem } from '@scrm/contracts';
import { currentTrace } from './trace';
import { isTransient } from './transient';

/** An error that a caller can act on; leaves the system as problem+json with its stable code. */
export class AppError extends Error {
  readonly status: number;
  constructor(
    readonly code: ErrorCode,
    /** What happened and what to do, in a sentence. It is shown to people: no secrets, no message text. */
    detail?: string,
    readonly errors?: { path: string; message: string }[],
    /** Seconds after which trying again makes sense. */
    readonly retryAfter?: number,
    /** What signing in goes on with. */
    readonly challenge?: Challenge,
  ) {
    super(detail ?? ERRORS[code].title);
    this.name = 'AppError';
    this.status = ERRORS[code].status;
  }

  toProblem(): Problem {
    return {
      type: `urn:scrm:problem:${this.code}`,
      title: ERRORS[this.code].title,
      status: this.status,
      code: this.code,
      detail: this.message,
      ...(this.errors && { errors: this.errors }),
      ...(this.challenge && { challenge: this.challenge }),
      ...(currentTrace() && { traceId: currentTrace()!.traceId }),
    };
  }
}

const BY_STATUS: Record<number, ErrorCode> = {
  400: 'invalid_request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  422: 'invalid_request',
  429: 'too_many_requests',
  503: 'unavailable',
  504: 'timeout',
};

/** Whatever was thrown, as an error that may leave. What nobody planned becomes `internal`, without its text. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (typeof error !== 'object' || error === null) return new AppError('internal');
  const e = error as {
    code?: unknown;
    status?: unknown;
    statusCode?: unknown;
    message?: unknown;
    errors?: unknown;
    retryAfter?: unknown;
    challenge?: unknown;
  };
  const status = Number(e.status ?? e.statusCode);
  if (isErrorCode(e.code)) {
    const message = typeof e.message === 'string' ? e.message : undefined;
    const retryAfter = typeof e.retryAfter === 'number' ? e.retryAfter : undefined;
    return new AppError(e.code, message, e.errors as undefined, retryAfter, e.challenge as undefined);
  }
  if (isTransient(error))
    return new AppError('unavailable', 'A part of the system is not reachable: try again.');
  const code = BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'invalid_request' : 'internal');
  return new AppError(code, code === 'internal' ? undefined : String(e.message ?? ''));
}

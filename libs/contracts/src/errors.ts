/**
 * Every error that can leave the system, by its stable `code`. A client may switch on the code; the title is for
 * people. The HTTP status is what the gateway answers with.
 */
export const ERRORS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of ours' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  invalid_credentials: { status: 401, title: 'Email or password is wrong' },
  invalid_code: { status: 401, title: 'The code is wrong or was used before' },
  invalid_signature: { status: 401, title: 'The signature does not match the body' },
  mfa_enrolment_required: { status: 401, title: 'Set up a second factor first' },
  mfa_required: { status: 401, title: 'A second factor is needed' },
  invalid_verify_token: { status: 403, title: 'The verify token is wrong' },
  forbidden: { status: 403, title: 'Not allowed' },
  sso_refused: { status: 403, title: 'Single sign-on does not admit them' },
  sso_required: { status: 403, title: 'This business signs in at its identity provider' },
  not_found: { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'The resource is in another state' },
  hand_over_required: { status: 409, title: 'Say who takes over the open conversations' },
  challenge_over: { status: 410, title: 'This sign-in is over' },
  invitation_over: { status: 410, title: 'The invitation is over' },
  password_reset_over: { status: 410, title: 'The link to a new password is over' },
  sso_over: { status: 410, title: 'This single sign-on is over: start again' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  invalid_message: { status: 422, title: 'WhatsApp would not take this message' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used with another body' },
  window_closed: { status: 422, title: 'The 24-hour window is closed: send a template' },
  template_not_usable: { status: 422, title: 'The template is not approved or its parameters do not fit' },
  weak_password: { status: 422, title: 'The password is too easy to guess' },
  too_many_requests: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  no_mail: { status: 501, title: 'This system sends no mail' },
  no_sso: { status: 501, title: 'Single sign-on is not set up' },
  unavailable: { status: 503, title: 'Temporarily unavailable: try again' },
  sso_provider_unavailable: { status: 503, title: 'The identity provider does not answer' },
  timeout: { status: 504, title: 'A service did not answer in time' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** With the code of a second factor it becomes a session. */
export interface Challenge {
  token: string;
  /** Seconds. */
  expiresIn: number;
}

/** RFC 9457 problem details, as every error body of the REST API. */
export interface Problem {
  /** `urn:scrm:problem:<code>`. */
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  /** What happened and what to do, in a sentence. */
  detail?: string;
  /** Field errors, where the request did not validate. */
  errors?: { path: string; message: string }[];
  /** Where signing in needs another step: `mfa_required`, `mfa_enrolment_required`. */
  challenge?: Challenge;
  /** Follows the request through all services' logs. */
  traceId?: string;
}

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}

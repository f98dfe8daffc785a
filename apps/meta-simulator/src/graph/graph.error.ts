import { newTraceId } from './ids';

/** Meta's table: code -> HTTP status and title. Codes that are not here answer 400. */
const TABLE: Record<number, readonly [number, string]> = {
  0: [401, 'AuthException'],
  1: [400, 'API Unknown'],
  2: [503, 'API Service'],
  3: [500, 'API Method'],
  4: [400, 'API Too Many Calls'],
  10: [403, 'Permission Denied'],
  33: [400, 'Parameter value is not valid'],
  100: [400, 'Invalid parameter'],
  190: [401, 'Invalid OAuth access token - Cannot parse access token'],
  200: [403, 'API Permission'],
  368: [403, 'Temporarily blocked for policies violations'],
  613: [400, 'Calls to this API have exceeded the rate limit'],
  2500: [400, 'Unknown path components'],
  80007: [400, 'Rate limit issues'],
  130429: [400, 'Rate limit hit'],
  130472: [400, "User's number is part of an experiment"],
  130497: [403, 'Business account is restricted from messaging users in this country'],
  131000: [500, 'Something went wrong'],
  131005: [403, 'Access denied'],
  131008: [400, 'Required parameter is missing'],
  131009: [400, 'Parameter value is not valid'],
  131016: [500, 'Service unavailable'],
  131021: [400, 'Recipient cannot be sender'],
  131026: [400, 'Message undeliverable'],
  131030: [400, 'Recipient phone number not in allowed list'],
  131031: [403, 'Account has been locked'],
  131037: [400, 'Display name approval is needed before the number can send messages'],
  131042: [400, 'Business eligibility payment issue'],
  131045: [500, 'Incorrect certificate'],
  131047: [400, 'Re-engagement message'],
  131048: [400, 'Spam rate limit hit'],
  131049: [400, 'This message was not delivered to maintain healthy ecosystem engagement'],
  131050: [400, 'User has stopped marketing messages from this business'],
  131051: [400, 'Unsupported message type'],
  131052: [400, 'Media download error'],
  131053: [400, 'Media upload error'],
  131056: [400, '(Business Account, Consumer Account) pair rate limit hit'],
  131057: [500, 'Business Account is in maintenance mode'],
  131062: [400, 'Business-scoped user id is not allowed for this message'],
  131063: [400, 'Marketing messages are disabled on this endpoint'],
  132000: [400, 'Number of parameters does not match the expected number of params'],
  132001: [404, 'Template name does not exist in the translation'],
  132005: [400, 'Template hydrated text too long'],
  132007: [400, 'Template format character policy violated'],
  132012: [400, 'Parameter format does not match format in the created template'],
  132015: [400, 'Template is paused'],
  132016: [400, 'Template is disabled'],
  132068: [400, 'Flow is blocked'],
  132069: [400, 'Flow is throttled'],
  133004: [503, 'Server temporarily unavailable'],
  133005: [400, 'Two step verification PIN mismatch'],
  133010: [400, 'Phone number not registered'],
  133016: [400, 'Registration rate limit hit'],
  135000: [400, 'Generic user error'],
};

// These three read as sentences, without the "(#code)" in front.
const BARE = new Set([190, 33, 2500]);

export interface GraphErrorOptions {
  http?: number;
  subcode?: number;
  message?: string;
  retryAfter?: number;
}

export function errorTitle(code: number): string {
  return TABLE[code]?.[1] ?? 'Something went wrong';
}

/** An answer of the Graph API that is not a success. */
export class GraphError extends Error {
  readonly http: number;

  constructor(
    readonly code: number,
    readonly details?: string,
    readonly options: GraphErrorOptions = {},
  ) {
    super(options.message ?? (BARE.has(code) ? errorTitle(code) : `(#${code}) ${errorTitle(code)}`));
    this.http = options.http ?? TABLE[code]?.[0] ?? 400;
  }

  body(): Record<string, unknown> {
    return {
      error: {
        message: this.message,
        type: 'OAuthException',
        code: this.code,
        ...(this.details === undefined
          ? {}
          : { error_data: { messaging_product: 'whatsapp', details: this.details } }),
        ...(this.options.subcode === undefined ? {} : { error_subcode: this.options.subcode }),
        fbtrace_id: newTraceId(),
      },
    };
  }
}

export const badToken = (): GraphError => new GraphError(190);

export const noSuchObject = (id: string, verb: string): GraphError =>
  new GraphError(100, undefined, {
    http: 400,
    subcode: 33,
    message:
      `Unsupported ${verb} request. Object with ID '${id}' does not exist, cannot be loaded due to missing ` +
      'permissions, or does not support this operation. Please read the Graph API documentation at ' +
      'https://developers.facebook.com/docs/graph-api',
  });

export const badParameter = (message: string): GraphError =>
  new GraphError(100, undefined, { message: `(#100) ${message}` });

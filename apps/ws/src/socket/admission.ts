import type { IncomingMessage } from 'node:http';

export interface OriginPolicy {
  /** Undefined: see `anyOrigin`. */
  allowed?: string[];
  /** Without a list: let pages of any origin in, or only those of the socket's own host. */
  anyOrigin: boolean;
}

export interface Refusal {
  status: number;
  outcome: 'bad_origin' | 'token_in_url' | 'draining';
  detail: string;
}

const TOKEN_PARAMETERS = ['token', 'access_token', 'accesstoken', 'auth', 'authorization', 'jwt'];

/** Whether a request may become a socket; decided before it is one. */
export function admit(
  { headers, url }: Pick<IncomingMessage, 'headers' | 'url'>,
  policy: OriginPolicy,
): Refusal | undefined {
  const parameters = [...new URLSearchParams(url?.split('?')[1] ?? '').keys()];
  if (parameters.some((name) => TOKEN_PARAMETERS.includes(name.toLowerCase()))) {
    const detail = 'URLs end up in logs: send the token in the first frame, {"type":"auth","token":"..."}.';
    return { status: 400, outcome: 'token_in_url', detail };
  }
  if (originAllowed(headers, policy)) return undefined;
  return { status: 403, outcome: 'bad_origin', detail: 'Pages of this origin may not open a socket.' };
}

function originAllowed({ origin, host }: IncomingMessage['headers'], policy: OriginPolicy): boolean {
  if (origin === undefined) return true;
  if (policy.allowed) return policy.allowed.includes(origin);
  if (policy.anyOrigin) return true;
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
}

import createClient, { type Client, type Middleware } from 'openapi-fetch';
import type { components, paths } from './generated/schema';

export type { components, operations, paths } from './generated/schema';

/** A schema of the API by its name: `Schema<'Conversation'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

export interface RestClientOptions {
  /** Where the gateway is, without the path: `https://inbox.example.com`. Empty for the page's own origin. */
  baseUrl: string;
  /** Asked before each request; null sends it without a token. Refresh in here, and every request has a good one. */
  getAccessToken?: () => string | null | undefined | Promise<string | null | undefined>;
  /** Instead of the global one, e.g. in tests. */
  fetch?: (request: Request) => Promise<Response>;
}

export type RestClient = Client<paths>;

/**
 * The REST API, typed: `client.GET('/api/v1/conversations', { params: { query: { limit: 30 } } })` answers
 * `{ data, error, response }`, where `error` is a problem with a stable `code`.
 */
export function createRestClient({ baseUrl, getAccessToken, fetch }: RestClientOptions): RestClient {
  const client = createClient<paths>({ baseUrl, ...(fetch && { fetch }) });
  if (getAccessToken) client.use(bearer(getAccessToken));
  return client;
}

function bearer(getAccessToken: NonNullable<RestClientOptions['getAccessToken']>): Middleware {
  return {
    async onRequest({ request }) {
      const token = await getAccessToken();
      if (token) request.headers.set('authorization', `Bearer ${token}`);
      return request;
    },
  };
}

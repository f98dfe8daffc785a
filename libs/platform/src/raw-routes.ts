import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { AppError } from './errors';
import { histogram } from './metrics';

export type RawHandler = (request: IncomingMessage, response: ServerResponse) => void;

export const requestSeconds = histogram(
  'http_server_request_duration_seconds',
  'Time to answer an HTTP request',
  ['route', 'method', 'status_class'],
);

/** As Fastify has it. Proxies keep their connections for about a minute. */
const KEEP_ALIVE_MS = 72_000;

/**
 * Routes that Node's own server answers, past the framework: for those where the framework would cost more than the
 * work. Everything else is the framework's.
 */
export class RawRoutes {
  private readonly handlers = new Map<string, { path: string; handle: RawHandler }>();

  add(method: string, path: string, handle: RawHandler) {
    this.handlers.set(`${method} ${path}`, { path, handle });
  }

  /** The server of the app; `rest` is the framework. */
  serve(rest: RequestListener): Server {
    const server = createServer((request, response) => {
      const route = this.handlers.get(`${request.method} ${pathOf(request.url ?? '')}`);
      if (!route) return rest(request, response);
      const begun = performance.now();
      response.once('finish', () => {
        const labels = { route: route.path, method: request.method!, status_class: classOf(response) };
        requestSeconds.observe(labels, (performance.now() - begun) / 1000);
      });
      route.handle(request, response);
    });
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    return server;
  }
}

export const classOf = ({ statusCode }: { statusCode: number }) => `${Math.floor(statusCode / 100)}xx`;

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/**
 * The bytes as they came, whatever their content type claims; null where the connection ended before them.
 *
 * @throws AppError `payload_too_large` beyond `limit` bytes
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const tooLarge = () => reject(new AppError('payload_too_large', `At most ${limit} bytes are taken.`));
    if (Number(request.headers['content-length']) > limit) return tooLarge();
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) tooLarge();
      else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on('error', () => resolve(null));
    request.on('close', () => resolve(null));
  });
}

/** As the problem filter does for the framework's routes. */
export function answerProblem(response: ServerResponse, error: AppError) {
  const body = JSON.stringify(error.toProblem());
  response.writeHead(error.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...(error.retryAfter !== undefined && { 'retry-after': String(error.retryAfter) }),
    // What is still to come of a body that is too large is not waited for.
    ...(error.code === 'payload_too_large' && { connection: 'close' }),
  });
  response.end(body);
}

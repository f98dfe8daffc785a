import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Sent {
  path: string;
  authorization: string | undefined;
  body: Record<string, unknown> & { biz_opaque_callback_data: string; type: string };
  wamid: string;
}

type Answer = (sent: Sent, response: ServerResponse, request: IncomingMessage) => void;

/** Graph as the dispatcher sees it. It takes every message, until a test tells it otherwise. */
export class FakeGraph {
  readonly sent: Sent[] = [];
  private answers: Answer[] = [];
  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeGraph> {
    const server = createServer((request, response) => void graph.receive(request, response));
    const graph = new FakeGraph(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return graph;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How the next calls are answered, one each. */
  next(...answers: Answer[]) {
    this.answers.push(...answers);
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async receive(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Sent['body'];
    const sent = {
      path: request.url ?? '',
      authorization: request.headers.authorization,
      body,
      wamid: `wamid.OUT.${body.biz_opaque_callback_data}`,
    };
    this.sent.push(sent);
    (this.answers.shift() ?? accept)(sent, response, request);
  }
}

export const accept: Answer = (sent, response) => {
  json(response, 200, {
    messaging_product: 'whatsapp',
    contacts: [{ input: 'x', wa_id: 'x' }],
    messages: [{ id: sent.wamid }],
  });
};

export const refuse =
  (code: number, status = 400): Answer =>
  (_sent, response) =>
    json(response, status, { error: { message: `(#${code}) refused`, type: 'OAuthException', code } });

/** Takes the request and hangs up. */
export const hangUp: Answer = (_sent, _response, request) => request.socket.destroy();

function json(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

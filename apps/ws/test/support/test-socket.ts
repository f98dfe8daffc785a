import type { EventFrame, ServerFrame } from '@scrm/contracts';
import { eventually } from '@scrm/testing';
import { WebSocket, type ClientOptions } from 'ws';

/** An agent's socket, and all that it heard. */
export class TestSocket {
  readonly frames: ServerFrame[] = [];
  closed: { code: number; reason: string } | undefined;
  /** What the upgrade was answered with, where it was refused. */
  refused: { status: number; body: string } | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as ServerFrame));
    socket.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => (this.refused = { status: response.statusCode ?? 0, body }));
    });
  }

  static async open(url: string, options: ClientOptions & { path?: string } = {}): Promise<TestSocket> {
    const { path = '/ws', ...rest } = options;
    const client = new TestSocket(new WebSocket(url.replace('http', 'ws') + path, rest));
    await eventually(() => {
      if (client.socket.readyState === WebSocket.CONNECTING && !client.refused) throw new Error('connecting');
    });
    return client;
  }

  /** Opens, signs in and waits for `ready`. */
  static async signIn(url: string, token: string, cursor?: string): Promise<TestSocket> {
    const client = await TestSocket.open(url);
    client.auth(token, cursor);
    await client.heard('ready');
    return client;
  }

  say(frame: unknown) {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  auth(token: string, cursor?: string) {
    this.say({ type: 'auth', token, ...(cursor !== undefined && { cursor }) });
  }

  get events(): EventFrame[] {
    return this.frames.filter((frame): frame is EventFrame => 'conversationId' in frame);
  }

  /** The `seq` of all events so far; fixtures give each event its position as `seq`. */
  get positions(): number[] {
    return this.events.map(({ seq }) => seq);
  }

  /** Where a client that rendered everything so far stands. */
  get cursor(): string | undefined {
    const withCursor = this.frames.filter((f) => 'cursor' in f && f.cursor !== undefined);
    return (withCursor.at(-1) as { cursor?: string } | undefined)?.cursor;
  }

  heard<T extends ServerFrame['type']>(type: T, count = 1): Promise<Extract<ServerFrame, { type: T }>> {
    return eventually(() => {
      const found = this.frames.filter((frame) => frame.type === type);
      if (found.length < count) {
        const state = this.closed ? `closed with ${this.closed.code}` : 'open';
        throw new Error(`no ${type}, but [${this.frames.map((f) => f.type).join(', ')}], ${state}`);
      }
      return found[count - 1] as Extract<ServerFrame, { type: T }>;
    });
  }

  rendered(positions: number[], within = 10_000): Promise<void> {
    return eventually(() => expect(this.positions).toEqual(positions), { within });
  }

  closedWith(code: number, within = 10_000): Promise<string> {
    return eventually(
      () => {
        expect(this.closed?.code).toBe(code);
        return this.closed!.reason;
      },
      { within },
    );
  }

  end() {
    this.socket.terminate();
  }
}

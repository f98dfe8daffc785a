import { WebSocket } from 'ws';
import { eventually } from './eventually';

export interface Frame {
  type: string;
  conversationId?: string;
  seq?: number;
  cursor?: string;
  code?: string;
  data?: {
    message?: { id: string; wamid: string | null; status: string; direction: string; content: unknown };
  };
  [key: string]: unknown;
}

/**
 * An agent's screen, as a careful client keeps it: it hands back its last cursor when it connects again, on the next
 * pod, and records every event that it was shown.
 */
export class Screen {
  readonly events: Frame[] = [];
  readonly other: Frame[] = [];
  closes: { code: number }[] = [];
  cursor: string | undefined;
  private socket: WebSocket | undefined;
  private wanted = true;
  private pod = 0;

  constructor(
    private readonly urls: string[],
    private readonly token: () => string | Promise<string>,
    private readonly pauseMs = () => 50 + Math.random() * 150,
  ) {}

  /** Connects, and stays connected until `close`. Resolves when the first `ready` came. */
  async open(pod = 0): Promise<this> {
    this.pod = pod;
    void this.connect();
    await eventually(() => {
      if (!this.other.some((f) => f.type === 'ready')) throw new Error('the socket is not ready');
    });
    return this;
  }

  /** The WhatsApp ids of the customers' messages on this screen, in the order in which they appeared. */
  received(): string[] {
    return this.events.filter((e) => e.type === 'message.received').map((e) => e.data!.message!.wamid!);
  }

  /** Drops the connection as a bad network does. */
  drop() {
    this.socket?.terminate();
  }

  close() {
    this.wanted = false;
    this.socket?.close();
  }

  private async connect() {
    const token = await this.token();
    if (!this.wanted) return;
    const socket = new WebSocket(this.urls[this.pod++ % this.urls.length]!);
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('open', () => socket.send(JSON.stringify({ type: 'auth', token, cursor: this.cursor })));
    socket.on('message', (data) => this.show(JSON.parse(String(data)) as Frame));
    socket.on('close', (code) => {
      this.closes.push({ code });
      if (this.wanted) setTimeout(() => void this.connect(), this.pauseMs());
    });
  }

  private show(frame: Frame) {
    if (frame.seq === undefined) this.other.push(frame);
    else this.events.push(frame);
    if (frame.cursor) this.cursor = frame.cursor;
  }
}

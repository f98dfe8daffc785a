import type { IncomingMessage } from 'node:http';
import { Inject } from '@nestjs/common';
import { WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import { Drain } from '@scrm/platform';
import type { WebSocket } from 'ws';
import { WS_CONFIG, type WsConfig } from '../config';
import { admit, type Refusal } from './admission';
import { Session, type SessionContext } from './session';

export const SESSION_CONTEXT = Symbol('session-context');

/** All sockets of this pod: lets them in, and sends them elsewhere when the pod stops. */
@WebSocketGateway({ path: '/ws' })
export class SocketGateway implements OnGatewayConnection<WebSocket> {
  private readonly sessions = new Set<Session>();
  private draining = false;

  constructor(
    @Inject(SESSION_CONTEXT) private readonly context: SessionContext,
    @Inject(WS_CONFIG) private readonly config: WsConfig,
    drain: Drain,
  ) {
    context.revocations.onRevoked(() => {
      for (const session of this.sessions) session.recheck();
    });
    drain.on('stop-intake', 'sockets', () => {
      this.draining = true;
    });
    drain.on('close-clients', 'sockets', () => this.sendAway());
  }

  admit(request: IncomingMessage): Refusal | undefined {
    if (this.draining) return { status: 503, outcome: 'draining', detail: 'This pod stops: try another.' };
    const { WS_ALLOWED_ORIGINS: allowed, NODE_ENV } = this.config;
    return admit(request, { allowed, anyOrigin: NODE_ENV !== 'production' });
  }

  handleConnection(socket: WebSocket) {
    const session = new Session(socket, this.context);
    this.sessions.add(session);
    void session.ended.then(() => this.sessions.delete(session));
  }

  /** Not all at once: they come back to the other pods, and to the database for what they missed. */
  private async sendAway() {
    const { clock } = this.context;
    const sessions = shuffled([...this.sessions], () => clock.random());
    const step = this.config.DRAIN_SPREAD_MS / Math.max(1, sessions.length);
    await Promise.all(
      sessions.map(async (session, i) => {
        await new Promise<void>((resolve) => clock.after(i * step, resolve));
        session.close(1012, 'The pod restarts: connect again with your cursor');
        await session.ended;
      }),
    );
  }
}

function shuffled<T>(items: T[], random: () => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [items[i], items[other]] = [items[other]!, items[i]!];
  }
  return items;
}

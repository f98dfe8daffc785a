import type { IncomingMessage } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import type { ServerOptions, WebSocketServer } from 'ws';
import { connects } from '../metrics';
import type { Refusal } from './admission';

export interface SocketServerOptions {
  maxPayload: number;
  admit: (request: IncomingMessage) => Refusal | undefined;
}

/** Nest's adapter for `ws`, with the rules of admission and without its own protocol: frames are the session's. */
export class SocketAdapter extends WsAdapter {
  constructor(
    app: INestApplicationContext,
    private readonly socketOptions: SocketServerOptions,
  ) {
    super(app);
  }

  override create(port: number, options: Record<string, unknown> & { path?: string } = {}): WebSocketServer {
    const { maxPayload, admit } = this.socketOptions;
    const own: ServerOptions = {
      maxPayload,
      perMessageDeflate: false,
      verifyClient: ({ req }, answer) => {
        const refusal = admit(req);
        connects.inc({ outcome: refusal?.outcome ?? 'accepted' });
        if (refusal) answer(false, refusal.status, refusal.detail, { 'cache-control': 'no-store' });
        else answer(true);
      },
    };
    return super.create(port, { ...options, ...own }) as WebSocketServer;
  }

  override bindMessageHandlers() {}

  /** Errors of a socket close it, and its session says why; here they would only be logged twice. */
  override bindErrorHandler(server: WebSocketServer): WebSocketServer {
    server.on('connection', (socket) => socket.on('error', () => undefined));
    server.on('error', (error) => this.logger.error(error));
    return server;
  }
}

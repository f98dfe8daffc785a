import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A network that a test can break, between a client and the server that `url` names. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private readonly clients = new Set<Socket>();
  private refusing = false;
  private swallowing = false;
  /** New connections that were taken and never answered. */
  swallowed = 0;

  private constructor(
    private readonly server: Server,
    /** The same server, through this network. */
    readonly url: string,
  ) {}

  static async to(url: string): Promise<TcpProxy> {
    const target = new URL(url);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const here = new URL(url);
    here.hostname = '127.0.0.1';
    here.port = String((server.address() as AddressInfo).port);
    const proxy = new TcpProxy(server, here.toString());
    server.on('connection', (socket) => proxy.join(socket, Number(target.port), target.hostname));
    return proxy;
  }

  /** Ends every connection. New ones work, unless `refuse` was called. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Nothing gets through from now on, and nobody is told: the connections look alive. */
  freeze(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  /** Every client hears this, as if the server had said it. */
  tell(bytes: Buffer): void {
    for (const socket of this.clients) socket.write(bytes);
  }

  /** The clients' ends are gone, and the server is not told: it goes on holding what it holds for them. */
  leaveHalfOpen(): void {
    for (const socket of this.sockets) socket.unpipe();
    for (const socket of this.clients) socket.removeAllListeners('close').destroy();
    this.clients.clear();
  }

  /** Ends every connection, and every new one, until `accept`. */
  refuse(): void {
    this.refusing = true;
    this.cut();
  }

  /** Nothing gets through any more, and new connections are taken and never answered, until `accept`. */
  swallow(): void {
    this.swallowing = true;
    this.freeze();
  }

  /** New connections work again. Those that were frozen or swallowed stay as dead as they are. */
  accept(): void {
    this.refusing = this.swallowing = false;
  }

  async close(): Promise<void> {
    this.refuse();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(near: Socket, port: number, host: string) {
    if (this.refusing) {
      near.destroy();
      return;
    }
    if (this.swallowing) {
      this.swallowed++;
      this.sockets.add(near.resume().on('error', () => undefined));
      return;
    }
    const far = connect(port, host);
    near.pipe(far).pipe(near);
    this.clients.add(near);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        this.clients.delete(socket);
        other.destroy();
      });
    }
  }
}

import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A network that can be cut: `reset` ends the connections there are, `cut` also refuses new ones. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private refusing = false;

  private constructor(private readonly server: Server) {}

  static async to(target: URL): Promise<TcpProxy> {
    const server = createServer((near) => proxy.pass(near, target));
    const proxy = new TcpProxy(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.sockets.size / 2;
  }

  reset() {
    for (const socket of this.sockets) socket.destroy();
  }

  cut() {
    this.refusing = true;
    this.reset();
  }

  mend() {
    this.refusing = false;
  }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pass(near: Socket, target: URL) {
    if (this.refusing) return near.destroy();
    const far = connect(Number(target.port || 5672), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
    return undefined;
  }
}

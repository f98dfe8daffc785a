import { startService, type RunningService } from '@scrm/platform';
import { testBroker, type TestBroker } from '@scrm/testing';
import type { Principal, RealtimeRouting } from '@scrm/contracts';
import type { WsConfig } from '../../src/config';
import { wsService } from '../../src/service';
import { FakeWaba, ready } from './fake-waba';
import { TestSocket } from './test-socket';
import { TokenIssuer } from './tokens';

/** Pods of ws on a real broker, with a waba service that only has streams. */
export class WsStack {
  private readonly pods: RunningService[] = [];
  private readonly sockets: TestSocket[] = [];

  private constructor(
    readonly broker: TestBroker,
    readonly tokens: TokenIssuer,
    readonly waba: FakeWaba,
  ) {}

  static async start(routing: RealtimeRouting = 'fanout'): Promise<WsStack> {
    const broker = testBroker();
    const tokens = await TokenIssuer.start();
    return new WsStack(broker, tokens, await FakeWaba.start(broker, tokens.jwksUrl, routing));
  }

  config(): WsConfig {
    return {
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: 0,
      LOG_LEVEL: 'silent',
      RABBITMQ_URL: this.broker.url,
      BROKER_NAMESPACE: this.broker.namespace,
      JWKS_URL: this.tokens.jwksUrl,
      TOKEN_ISSUER: 'scrm',
      TOKEN_AUDIENCE: 'scrm',
      REALTIME_CHECK_MS: 60_000,
      REALTIME_ROUTING: this.waba.routing,
      PRESENCE_REPORT_MS: 200,
      DRAIN_SPREAD_MS: 200,
    };
  }

  async pod(config: Partial<WsConfig> = {}): Promise<RunningService> {
    const pod = await startService(wsService({ ...this.config(), ...config }));
    this.pods.push(pod);
    await ready(pod.url);
    return pod;
  }

  /** A socket that is signed in as that agent, after the cursor. */
  async signIn(pod: RunningService, principal: Principal, cursor?: string): Promise<TestSocket> {
    const socket = await TestSocket.signIn(pod.url, this.tokens.token(principal), cursor);
    this.sockets.push(socket);
    return socket;
  }

  async open(pod: RunningService, options: Parameters<typeof TestSocket.open>[1] = {}): Promise<TestSocket> {
    const socket = await TestSocket.open(pod.url, options);
    this.sockets.push(socket);
    return socket;
  }

  endSockets() {
    for (const socket of this.sockets.splice(0)) socket.end();
  }

  async stop() {
    this.endSockets();
    for (const pod of this.pods) await pod.stop();
    await this.waba.stop();
    await this.tokens.stop();
    await this.broker.clear();
  }
}

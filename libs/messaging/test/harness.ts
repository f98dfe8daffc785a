import { Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createLogger, Drain, Health, PlatformModule } from '@scrm/platform';
import { TcpProxy, testBroker, type TestBroker } from '@scrm/testing';
import { connect, type Channel } from 'amqplib';
import { BrokerConnection, MessagingModule, Publisher, RpcClient } from '../src';

/** What the broker says where its disk or memory runs low (AMQP 0-9-1, connection.blocked), and when that is over. */
export const blockedFrame = (reason: string) =>
  methodFrame(Buffer.concat([Buffer.from([0, 10, 0, 60, reason.length]), Buffer.from(reason)]));
export const UNBLOCKED_FRAME = methodFrame(Buffer.from([0, 10, 0, 61]));

function methodFrame(method: Buffer): Buffer {
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(method.length, 3);
  return Buffer.concat([head, method, Buffer.from([0xce])]);
}

export const silent = createLogger('test', 'silent');

/** One process of a service, as far as the broker sees it. */
export class Pod {
  private constructor(private readonly context: INestApplicationContext) {}

  static async start(broker: TestBroker, url = broker.url): Promise<Pod> {
    const messaging = MessagingModule.forRoot({ url, service: 'waba', names: broker.names });
    @Module({ imports: [messaging] })
    class Root {}
    const root = PlatformModule.forRoot(silent, Root);
    const context = await NestFactory.createApplicationContext(root, { logger: false, abortOnError: false });
    return new Pod(context);
  }

  get connection() {
    return this.get(BrokerConnection);
  }
  get publisher() {
    return this.get(Publisher);
  }
  get rpc() {
    return this.get(RpcClient);
  }
  get health() {
    return this.get(Health);
  }

  async stop(): Promise<void> {
    await this.get(Drain).run(silent);
    await this.context.close();
  }

  private get<T>(type: Type<T>): T {
    return this.context.get(type);
  }
}

/** A broker for one test file, a look at it from outside, and a network that can be broken. */
export class Stage {
  private readonly undo: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly broker: TestBroker,
    readonly admin: Channel,
    readonly network: TcpProxy,
  ) {}

  static async open(): Promise<Stage> {
    const broker = testBroker();
    const connection = await connect(broker.url);
    const network = await TcpProxy.to(broker.url);
    const stage = new Stage(broker, await connection.createChannel(), network);
    stage.later(() => connection.close());
    stage.later(() => network.close());
    stage.later(() => broker.clear());
    return stage;
  }

  /** A process beside the one under test; the network never breaks for it. */
  async pod(url?: string): Promise<Pod> {
    const pod = await Pod.start(this.broker, url);
    this.later(() => pod.stop());
    return pod;
  }

  /** A process whose network breaks when the test says so. */
  podBehindNetwork(): Promise<Pod> {
    return this.pod(this.network.url);
  }

  /** Runs when the test is over, the newest first. */
  later(run: () => Promise<unknown>): void {
    this.undo.unshift(run);
  }

  async close(): Promise<void> {
    for (const run of this.undo.splice(0)) await run();
  }

  async exists(queue: string): Promise<boolean> {
    const connection = await connect(this.broker.url);
    try {
      const channel = await connection.createChannel();
      // A channel ends with the error that it answers, and says so a second time.
      channel.on('error', () => undefined);
      return await channel.checkQueue(queue).then(
        () => true,
        () => false,
      );
    } finally {
      await connection.close();
    }
  }

  /** Messages that are in the queue and with no consumer. */
  async ready(queue: string): Promise<number> {
    return (await this.admin.checkQueue(queue)).messageCount;
  }
}

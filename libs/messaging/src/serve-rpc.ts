import { randomBytes } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { ServerRMQ, type CustomStrategy } from '@nestjs/microservices';
import { Drain, Health, type Logger } from '@scrm/platform';
import type { ConfirmChannel } from 'amqplib';
import { courtesy } from './courtesy';
import type { MessagingOptions } from './options';
import { rpcServer } from './rpc-server';

/** Not at once: what the broker refuses now, it may go on refusing. */
const RECONNECT_MS = 200;

/**
 * Nest's server, that can also let go: it stops taking questions, answers those in hand, and only then may the
 * database close. A channel or consumer that is lost alone (Nest would stay without one) takes a fresh connection.
 */
class DrainableRpcServer extends ServerRMQ {
  private current: ConfirmChannel | null = null;
  private consuming = false;
  private stopping = false;
  private readonly inHand = new Set<unknown>();
  private wakeIdle: (() => void) | undefined;

  constructor(
    options: MessagingOptions,
    private readonly consumerTag = `rpc-${randomBytes(6).toString('hex')}`,
  ) {
    super({ ...rpcServer(options).options!, consumerTag });
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- Nest's type says void; Nest waits for it
    this.setOnProcessingStartHook((_transport, context, work) => {
      this.inHand.add(context);
      return work();
    });
    this.setOnProcessingEndHook((_transport, context) => {
      this.inHand.delete(context);
      if (this.inHand.size === 0) this.wakeIdle?.();
    });
  }

  get isConsuming(): boolean {
    return this.consuming;
  }

  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- Nest's own type
  override async setupChannel(channel: ConfirmChannel, ready: Function) {
    if (this.stopping) return;
    this.current = channel;
    channel.once('close', () => this.lost(channel));
    this.noticeConsumer(channel);
    try {
      await super.setupChannel(channel, ready);
    } catch (error) {
      this.logger.error(error);
      this.lost(channel);
    }
  }

  /** Nest does not wait for the consumer that it starts: nobody would hear that the broker refused it. */
  private noticeConsumer(channel: ConfirmChannel) {
    const consume = channel.consume.bind(channel);
    channel.consume = (...args) => {
      const started = consume(...args);
      started.then(
        () => (this.consuming = this.current === channel),
        () => this.lost(channel),
      );
      return started;
    };
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Nest's own type
  override async handleMessage(message: Record<string, any> | null, channel: ConfirmChannel) {
    if (message) await super.handleMessage(message, channel);
    else this.lost(channel);
  }

  async stopIntake() {
    this.stopping = true;
    await courtesy(this.current?.cancel(this.consumerTag));
  }

  async finishWork() {
    if (this.inHand.size > 0) await new Promise<void>((resolve) => (this.wakeIdle = resolve));
    // Nest writes the last answer after this tick; closing before the broker has it would lose it.
    await new Promise((resolve) => setImmediate(resolve));
    await courtesy(this.current?.waitForConfirms());
  }

  override close(): Promise<void> {
    return courtesy(super.close());
  }

  private lost(channel: ConfirmChannel) {
    if (this.current !== channel) return;
    this.current = null;
    this.consuming = false;
    setTimeout(() => {
      const manager = this.server as { isConnected(): boolean; reconnect(): void } | null;
      if (!this.stopping && manager?.isConnected()) manager.reconnect();
    }, RECONNECT_MS).unref();
  }
}

/**
 * Answers the service's questions as soon as the broker is there. It does not wait for it: the service is up and not
 * ready until then. Call it in `configure`.
 */
export function serveRpc(app: INestApplication, options: MessagingOptions, logger: Logger): void {
  const server = new DrainableRpcServer(options);
  app.connectMicroservice<CustomStrategy>({ strategy: server }, { inheritAppConfig: false });
  app.get(Health).register('rpc', () => {
    if (!server.isConsuming) throw new Error('not consuming');
  });
  const drain = app.get(Drain);
  drain.on('stop-intake', 'rpc-server', () => server.stopIntake());
  drain.on('finish-work', 'rpc-server', () => server.finishWork());
  app.startAllMicroservices().catch((err: unknown) => logger.error({ err }, 'rpc server failed to start'));
}

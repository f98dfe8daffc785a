import { Inject, Injectable } from '@nestjs/common';
import { ownerOf, type RpcContract, type RpcRequest, type RpcResponse } from '@scrm/contracts';
import {
  afterInput,
  AppError,
  currentTrace,
  Drain,
  histogram,
  LOGGER,
  toAppError,
  traceparent,
  type Logger,
} from '@scrm/platform';
import { connect, type AmqpConnectionManager } from 'amqp-connection-manager';
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import type { z } from 'zod';
import { courtesy } from './courtesy';
import { KeptChannel } from './kept-channel';
import { CONNECTION_MANAGER_OPTIONS, MESSAGING_OPTIONS, type MessagingOptions } from './options';
import { uuidKey } from './publication-id';

const DEFAULT_TIMEOUT_MS = 5_000;
/** RabbitMQ's address of whoever asks, on the very channel: no queue, and it ends with the channel. */
const REPLY_TO = 'amq.rabbitmq.reply-to';
/** A question is confirmed long before. */
const SILENCE_MS = 2_000;
/** Beyond this the process refuses instead of hoarding. */
const MAX_PENDING = 10_000;

const rpcSeconds = histogram('rpc_client_request_duration_seconds', 'Time to an answer', [
  'contract',
  'outcome',
]);

export interface CallOptions {
  /** The caller's own access token: the service that owns the data checks it. */
  token?: string;
  timeoutMs?: number;
}

interface Pending {
  resolve: (answer: unknown) => void;
  reject: (error: AppError) => void;
  timer: NodeJS.Timeout;
}

/** As Nest's server writes it. */
interface Answer {
  err?: unknown;
  response?: unknown;
}

const unreachable = () =>
  new AppError('unavailable', 'The message broker is not reachable: try again.', undefined, 1);

/**
 * Asks other services. Only queries and idempotent commands: a question may arrive twice.
 *
 * It has a connection of its own, from the first question on, and nothing is ever kept back for later: where there is
 * no channel, or the broker takes nothing, the caller hears it at once. What is lost with the channel fails with it. A
 * client that buffers, as Nest's does, asks again what was given up long ago.
 */
@Injectable()
export class RpcClient {
  private readonly pending = new Map<string, Pending>();
  private connection: AmqpConnectionManager | undefined;
  private kept: KeptChannel | undefined;
  private opened: Promise<void> | undefined;
  private blocked = false;

  constructor(
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    drain: Drain,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    drain.on('close-connections', 'rpc-client', async () => {
      await this.kept?.close();
      await courtesy(this.connection?.close());
      this.failAll();
    });
  }

  /** @throws AppError as the other service threw it; `timeout` or `unavailable` where it did not answer */
  async call<C extends RpcContract<z.ZodType, z.ZodType>>(
    contract: C,
    request: RpcRequest<C>,
    { token, timeoutMs = DEFAULT_TIMEOUT_MS }: CallOptions = {},
  ): Promise<RpcResponse<C>> {
    const end = rpcSeconds.startTimer({ contract: contract.key });
    try {
      const answer = await this.ask(contract, request, token, timeoutMs);
      end({ outcome: 'ok' });
      return answer as RpcResponse<C>;
    } catch (error) {
      const failure = toAppError(error);
      end({ outcome: failure.code });
      throw failure;
    }
  }

  private async ask(
    contract: { key: string },
    request: unknown,
    token: string | undefined,
    timeoutMs: number,
  ) {
    const deadline = Date.now() + timeoutMs;
    const channel = this.kept?.current ?? (await this.firstChannel(timeoutMs));
    if (!channel || this.blocked || this.pending.size >= MAX_PENDING) throw unreachable();
    return new Promise<unknown>((resolve, reject) => {
      const id = uuidKey();
      const patience = deadline - Date.now();
      const timer = setTimeout(
        () =>
          afterInput(() => {
            if (!this.pending.has(id)) return;
            this.fail(id, new AppError('timeout', 'A service did not answer in time: try again.'));
            // Not even a confirm, which does not wait for the service.
            if (patience >= SILENCE_MS && !this.blocked) this.kept?.replaceIfSilent(deadline - patience);
          }),
        patience,
      );
      this.pending.set(id, { resolve, reject, timer });
      const trace = currentTrace();
      const parent = traceparent(trace);
      const options = {
        correlationId: id,
        replyTo: REPLY_TO,
        persistent: false,
        mandatory: true,
        // A question that nobody took in time must not be answered later: it expires with the caller's patience.
        expiration: String(Math.max(1, patience)),
        headers: {
          ...(token && { token }),
          ...(parent && { traceparent: parent }),
          ...(trace?.origin && { origin: trace.origin }),
        },
      };
      const body = Buffer.from(JSON.stringify({ pattern: contract.key, data: request, id }));
      try {
        channel.publish(
          '',
          this.options.names.rpcQueue(ownerOf(contract)),
          body,
          options,
          (error: unknown) => {
            this.kept?.heard();
            if (error) this.fail(id, unreachable());
          },
        );
      } catch {
        this.fail(id, unreachable());
      }
    });
  }

  /** The first question connects, and waits for that; later ones do not wait for a connection that was lost. */
  private async firstChannel(timeoutMs: number): Promise<ConfirmChannel | null> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([(this.opened ??= this.open()), enough]);
    clearTimeout(timer);
    return this.kept?.current ?? null;
  }

  private open(): Promise<void> {
    const connection = connect([this.options.url], CONNECTION_MANAGER_OPTIONS);
    this.connection = connection;
    connection.on('blocked', ({ reason }) => {
      this.logger.warn({ reason }, 'broker blocks questions');
      this.blocked = true;
    });
    connection.on('unblocked', () => (this.blocked = false));
    return new Promise((opened) => {
      this.kept = new KeptChannel(
        connection,
        { name: 'rpc-client', logger: this.logger },
        async (channel) => {
          channel.on('return', (message: ConsumeMessage) =>
            this.fail(String(message.properties.correlationId), unreachable()),
          );
          await channel.consume(REPLY_TO, (message) => this.answered(channel, message), { noAck: true });
        },
        () => this.lost(),
        opened,
      );
    });
  }

  private answered(channel: ConfirmChannel, message: ConsumeMessage | null) {
    if (!message) return this.kept!.abandon(channel);
    const id = String(message.properties.correlationId);
    let answer: Answer;
    try {
      answer = JSON.parse(message.content.toString()) as Answer;
    } catch {
      return this.fail(id, new AppError('internal'));
    }
    if (answer.err !== undefined && answer.err !== null) this.fail(id, toAppError(answer.err));
    else this.take(id)?.resolve(answer.response);
  }

  private lost() {
    this.blocked = false;
    this.failAll();
  }

  private failAll() {
    for (const id of [...this.pending.keys()]) this.fail(id, unreachable());
  }

  private fail(id: string, error: AppError) {
    this.take(id)?.reject(error);
  }

  private take(id: string): Pending | undefined {
    const pending = this.pending.get(id);
    clearTimeout(pending?.timer);
    this.pending.delete(id);
    return pending;
  }
}

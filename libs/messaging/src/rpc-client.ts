import { Inject, Injectable } from '@nestjs/common';
import { ClientRMQ, RmqRecordBuilder } from '@nestjs/microservices';
import { ownerOf, type RpcContract, type RpcRequest, type RpcResponse } from '@scrm/contracts';
import { AppError, Drain, histogram, toAppError, traceparent } from '@scrm/platform';
import { firstValueFrom, timeout, TimeoutError } from 'rxjs';
import type { z } from 'zod';
import { courtesy } from './courtesy';
import { CONNECTION_MANAGER_OPTIONS, MESSAGING_OPTIONS, type MessagingOptions } from './options';
import { rpcQueueOptions } from './rpc-server';

const DEFAULT_TIMEOUT_MS = 5_000;

const rpcSeconds = histogram('rpc_client_request_duration_seconds', 'Time to an answer', [
  'contract',
  'outcome',
]);

export interface CallOptions {
  /** The caller's own access token: the service that owns the data checks it. */
  token?: string;
  timeoutMs?: number;
}

/**
 * A connection may be lost while the channel is set up on it. The next connection sets it up again; until then an
 * error that nobody hears would be one that nobody caught.
 */
class ReopeningClient extends ClientRMQ {
  override createChannel(): Promise<void> {
    const created = super.createChannel();
    (this.channel as { on(event: 'error', listener: () => void): void }).on('error', () => undefined);
    return created;
  }
}

/** Asks other services. Only queries and idempotent commands: a question may arrive twice. */
@Injectable()
export class RpcClient {
  private readonly clients = new Map<string, ReopeningClient>();

  constructor(
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    drain: Drain,
  ) {
    drain.on('close-connections', 'rpc-client', async () => {
      await Promise.all(
        [...this.clients.values()].map((client) => courtesy(Promise.resolve(client.close()))),
      );
    });
  }

  /** @throws AppError as the other service threw it; `timeout` or `unavailable` where it did not answer */
  async call<C extends RpcContract<z.ZodType, z.ZodType>>(
    contract: C,
    request: RpcRequest<C>,
    { token, timeoutMs = DEFAULT_TIMEOUT_MS }: CallOptions = {},
  ): Promise<RpcResponse<C>> {
    const parent = traceparent();
    // A question that nobody took in time must not be answered later: it expires with the caller's patience.
    const record = new RmqRecordBuilder(request)
      .setOptions({
        expiration: String(timeoutMs),
        headers: { ...(token && { token }), ...(parent && { traceparent: parent }) },
      })
      .build();
    const end = rpcSeconds.startTimer({ contract: contract.key });
    try {
      const answer$ = this.clientOf(ownerOf(contract)).send<RpcResponse<C>>(contract.key, record);
      const answer = await firstValueFrom(answer$.pipe(timeout(timeoutMs)));
      end({ outcome: 'ok' });
      return answer;
    } catch (error) {
      const failure = asAppError(error);
      end({ outcome: failure.code });
      throw failure;
    }
  }

  private clientOf(service: string): ReopeningClient {
    let client = this.clients.get(service);
    if (!client) {
      const { url, names } = this.options;
      client = new ReopeningClient({
        urls: [url],
        queue: names.rpcQueue(service),
        queueOptions: rpcQueueOptions,
        noAck: true,
        persistent: false,
        socketOptions: CONNECTION_MANAGER_OPTIONS,
      });
      this.clients.set(service, client);
    }
    return client;
  }
}

function asAppError(error: unknown): AppError {
  if (error instanceof TimeoutError)
    return new AppError('timeout', 'A service did not answer in time: try again.');
  const failure = toAppError(error);
  // What is not one of our codes comes from the connection.
  return failure.code === 'internal' && (error as { code?: unknown })?.code !== 'internal'
    ? new AppError('unavailable', 'The message broker is not reachable: try again.')
    : failure;
}

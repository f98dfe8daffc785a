import {
  applyDecorators,
  Catch,
  createParamDecorator,
  Inject,
  Injectable,
  SetMetadata,
  UseFilters,
  UseInterceptors,
  type CallHandler,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { MessagePattern, Transport, type RmqContext, type RmqOptions } from '@nestjs/microservices';
import { scopeOf, type Permission, type Principal, type RpcContract, type Scope } from '@scrm/contracts';
import {
  AppError,
  histogram,
  isTransient,
  LOGGER,
  toAppError,
  TokenVerifier,
  traceFrom,
  withTrace,
  type Logger,
  type Origin,
} from '@scrm/platform';
import { finalize, from, lastValueFrom, Observable, throwError } from 'rxjs';
import type { z } from 'zod';
import { CONNECTION_MANAGER_OPTIONS, type MessagingOptions } from './options';

/**
 * Questions are worth nothing after a few seconds, and yet their queue is a quorum queue: a classic one is gone with the
 * node that has it, and may not be declared anew before that node is back.
 */
const rpcQueueOptions = {
  durable: true,
  arguments: { 'x-queue-type': 'quorum', 'x-max-length': 100_000, 'x-overflow': 'reject-publish' },
};

/** Questions in work at a time, per process. */
const PREFETCH = 200;

/** Who asks, and how far the permission that the handler declares reaches for them. */
export interface Caller {
  principal: Principal;
  scope: Scope;
}

/**
 * Who may ask: a permission (checked against the caller's own token), `signed-in` (any person's valid token), `public`,
 * or `service` (other services of ours, which speak for nobody).
 */
export type RpcAccess = Permission | 'signed-in' | 'public' | 'service';

interface RpcMetadata {
  contract: RpcContract<z.ZodType, z.ZodType>;
  access: RpcAccess;
}
export const RPC_METADATA = 'scrm:rpc';

/** Answers a contract. Every handler says who may call it; there is no default. */
export function OnRpc(contract: RpcContract<z.ZodType, z.ZodType>, access: RpcAccess): MethodDecorator {
  return applyDecorators(
    MessagePattern(contract.key),
    SetMetadata(RPC_METADATA, { contract, access } satisfies RpcMetadata),
    UseInterceptors(RpcInterceptor),
    UseFilters(RpcErrorFilter),
  );
}

type CallContext = RmqContext & { caller?: Caller };

/** The {@link Caller} of a handler whose access is a permission or `signed-in`. */
export const FromCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToRpc().getContext<CallContext>();
  if (!caller) throw new Error('a handler without a permission asked for its caller');
  return caller;
});

const handledSeconds = histogram('rpc_server_handling_seconds', 'Time to answer a question', ['contract']);

@Injectable()
export class RpcInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    @Inject(TokenVerifier) private readonly tokens: TokenVerifier,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { contract, access } = this.reflector.get<RpcMetadata>(RPC_METADATA, context.getHandler());
    const rpc = context.switchToRpc().getContext<CallContext>();
    const message = rpc.getMessage() as { properties: { headers?: Record<string, unknown> } };
    const headers = message.properties.headers ?? {};
    const end = handledSeconds.startTimer({ contract: contract.key });
    const trace = { ...traceFrom(headers.traceparent), origin: originOf(headers.origin) };
    const answer = withTrace(trace, async () => {
      const caller = await this.admit(access, headers.token);
      if (caller) rpc.caller = caller;
      context.getArgs()[0] = parse(contract, context.getArgs()[0]);
      return lastValueFrom(next.handle());
    });
    return from(answer).pipe(
      finalize(() => {
        end();
        ack(rpc);
      }),
    );
  }

  private async admit(access: RpcAccess, token: unknown): Promise<Caller | undefined> {
    if (access === 'public' || access === 'service') return undefined;
    if (typeof token !== 'string') throw new AppError('unauthenticated');
    const principal = await this.tokens.verify(token);
    if (access === 'signed-in' && principal.kind === 'api-key')
      throw new AppError('forbidden', 'An API key is nobody: this is for people who are signed in.');
    if (access === 'signed-in') return { principal, scope: 'own' };
    const scope = scopeOf(principal, access);
    if (!scope) throw new AppError('forbidden', `Your role does not include ${access}.`);
    return { principal, scope };
  }
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);

function originOf(header: unknown): Origin | undefined {
  if (typeof header !== 'object' || header === null) return undefined;
  const { ip, userAgent } = header as Record<string, unknown>;
  return { ip: text(ip), userAgent: text(userAgent) };
}

function parse(contract: RpcContract<z.ZodType, z.ZodType>, data: unknown): unknown {
  const result = contract.request.safeParse(data);
  if (result.success) return result.data;
  const errors = result.error.issues.map((i) => ({ path: i.path.join('.'), message: i.message }));
  throw new AppError('invalid_request', 'The request does not have the expected shape.', errors);
}

/** Answered or failed, the question is done; on a channel that is gone the broker asks someone else. */
function ack(rpc: RmqContext) {
  try {
    const channel = rpc.getChannelRef() as { ack(message: unknown): void };
    channel.ack(rpc.getMessage());
  } catch {
    // Nothing to do: the delivery went with its channel.
  }
}

/** Errors cross the broker as their code and text; what nobody planned crosses as `internal`. */
@Catch()
export class RpcErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(error: unknown) {
    const { code, message, errors, retryAfter, challenge } = toAppError(error);
    if (code === 'internal') this.logger.error({ err: error }, 'rpc handler failed');
    else if (isTransient(error)) this.logger.warn({ err: error }, 'rpc handler could not do its work now');
    return throwError(() => ({ code, message, errors, retryAfter, challenge }));
  }
}

/** For `app.connectMicroservice`: the service's RPC queue, shared by all its pods. */
export function rpcServer({ url, names, service }: MessagingOptions): RmqOptions {
  return {
    transport: Transport.RMQ,
    options: {
      urls: [url],
      queue: names.rpcQueue(service),
      queueOptions: rpcQueueOptions,
      noAck: false,
      prefetchCount: PREFETCH,
      socketOptions: CONNECTION_MANAGER_OPTIONS,
    },
  };
}

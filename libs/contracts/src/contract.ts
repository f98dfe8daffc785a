import type { z } from 'zod';

/**
 * A question that one service asks another over the broker and waits for.
 * `key` is `<owner>.<entity>.<verb>.v<N>`: the owner answers it, and its queue follows from the key.
 */
export interface RpcContract<Request extends z.ZodType, Response extends z.ZodType> {
  readonly kind: 'rpc';
  readonly key: string;
  readonly request: Request;
  readonly response: Response;
}

/** A fact that a service tells everyone. `key` is `<owner>.<entity>.<past tense>.v<N>`. */
export interface EventContract<Payload extends z.ZodType> {
  readonly kind: 'event';
  readonly key: string;
  readonly payload: Payload;
}

export type RpcRequest<C> = C extends RpcContract<infer Q, z.ZodType> ? z.input<Q> : never;
export type RpcResponse<C> = C extends RpcContract<z.ZodType, infer R> ? z.output<R> : never;
export type EventPayload<C> = C extends EventContract<infer P> ? z.output<P> : never;

const KEY = /^(user|waba)\.[a-z]+(-[a-z]+)*\.[a-z]+\.v[1-9]\d*$/;

function checkKey(key: string): string {
  if (!KEY.test(key)) throw new Error(`contract key "${key}" is not <owner>.<entity>.<verb>.v<N>`);
  return key;
}

export function defineRpc<Q extends z.ZodType, R extends z.ZodType>(
  key: string,
  request: Q,
  response: R,
): RpcContract<Q, R> {
  return { kind: 'rpc', key: checkKey(key), request, response };
}

export function defineEvent<P extends z.ZodType>(key: string, payload: P): EventContract<P> {
  return { kind: 'event', key: checkKey(key), payload };
}

/** The service that owns a contract: the first part of its key. */
export function ownerOf(contract: { key: string }): string {
  return contract.key.slice(0, contract.key.indexOf('.'));
}

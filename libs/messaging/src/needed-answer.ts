import type { RpcContract, RpcRequest, RpcResponse } from '@scrm/contracts';
import { AppError, toAppError } from '@scrm/platform';
import type { z } from 'zod';
import type { RpcClient } from './rpc-client';

/** Shorter than those wait who asked the question that this one is a part of. */
const TIMEOUT_MS = 3_000;

/**
 * A question to another service in the middle of answering one.
 *
 * @throws AppError as the other service threw it; `unavailable` with `otherwise` where it did not answer, in time or at
 *   all: nothing was changed, and the caller may try again
 */
export async function neededAnswer<C extends RpcContract<z.ZodType, z.ZodType>>(
  rpc: RpcClient,
  contract: C,
  request: RpcRequest<C>,
  otherwise: string,
): Promise<RpcResponse<C>> {
  try {
    return await rpc.call(contract, request, { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    const failure = toAppError(error);
    if (failure.code !== 'timeout' && failure.code !== 'unavailable') throw failure;
    throw new AppError('unavailable', otherwise, undefined, 1);
  }
}

import { Injectable } from '@nestjs/common';
import { inboxWatch, streamHeads, streamRead, type RpcRequest, type RpcResponse } from '@scrm/contracts';
import { RpcClient } from '@scrm/messaging';

export type StreamQuestion = RpcRequest<typeof streamRead>;
export type StreamPage = RpcResponse<typeof streamRead>;
export type StreamHead = RpcResponse<typeof streamHeads>['heads'][number];

/** The history of the tenants' streams: what the fanout is only a fast copy of. */
export interface Stream {
  read(question: StreamQuestion): Promise<StreamPage>;
  heads(tenantIds: string[]): Promise<StreamHead[]>;
}

/** Short, because whoever asks tries again by itself. */
const TIMEOUT_MS = 3_000;

/** The history, from the waba service; and who looks on is told to it. */
@Injectable()
export class StreamClient implements Stream {
  constructor(private readonly rpc: RpcClient) {}

  read(question: StreamQuestion): Promise<StreamPage> {
    return this.rpc.call(streamRead, question, { timeoutMs: TIMEOUT_MS });
  }

  async heads(tenantIds: string[]): Promise<StreamHead[]> {
    const { heads } = await this.rpc.call(streamHeads, { tenantIds }, { timeoutMs: TIMEOUT_MS });
    return heads;
  }

  watch(token: string): Promise<unknown> {
    return this.rpc.call(inboxWatch, {}, { token, timeoutMs: TIMEOUT_MS });
  }
}

import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { handOverBegin, handOverGet, type RpcRequest, type RpcResponse } from '@scrm/contracts';
import { OnRpc } from '@scrm/messaging';
import { HandOverService } from './hand-over.service';

/** For `user`, which lets agents go. */
@Controller()
export class HandOverRpc {
  constructor(private readonly handOvers: HandOverService) {}

  @OnRpc(handOverBegin, 'service')
  async begin(
    @Payload() command: RpcRequest<typeof handOverBegin>,
  ): Promise<RpcResponse<typeof handOverBegin>> {
    await this.handOvers.begin(command);
    return {};
  }

  @OnRpc(handOverGet, 'service')
  get(@Payload() question: RpcRequest<typeof handOverGet>): Promise<RpcResponse<typeof handOverGet>> {
    return this.handOvers.get(question);
  }
}

import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { assignmentTargetGet, type RpcRequest, type RpcResponse } from '@scrm/contracts';
import { OnRpc } from '@scrm/messaging';
import { AssignmentTargetRepository } from './assignment-target.repository';

/** For `waba`, which has the conversations and not those who may get them. */
@Controller()
export class AssignmentTargetRpc {
  constructor(private readonly targets: AssignmentTargetRepository) {}

  @OnRpc(assignmentTargetGet, 'service')
  get(
    @Payload() question: RpcRequest<typeof assignmentTargetGet>,
  ): Promise<RpcResponse<typeof assignmentTargetGet>> {
    return this.targets.find(question);
  }
}

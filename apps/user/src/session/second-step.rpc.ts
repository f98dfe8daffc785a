import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  mfaChallengeConfirm,
  mfaChallengeEnrol,
  sessionComplete,
  type RpcRequest,
  type RpcResponse,
  type SessionTokens,
  type TotpSeed,
} from '@scrm/contracts';
import { OnRpc } from '@scrm/messaging';
import { SecondStepService } from './second-step.service';

/** Who asks has a challenge, and no token yet. */
@Controller()
export class SecondStepRpc {
  constructor(private readonly steps: SecondStepService) {}

  @OnRpc(sessionComplete, 'public')
  complete(@Payload() request: RpcRequest<typeof sessionComplete>): Promise<SessionTokens> {
    return this.steps.complete(request);
  }

  @OnRpc(mfaChallengeEnrol, 'public')
  enrol(@Payload() { challenge }: RpcRequest<typeof mfaChallengeEnrol>): Promise<TotpSeed> {
    return this.steps.enrol(challenge);
  }

  @OnRpc(mfaChallengeConfirm, 'public')
  confirm(
    @Payload() request: RpcRequest<typeof mfaChallengeConfirm>,
  ): Promise<RpcResponse<typeof mfaChallengeConfirm>> {
    return this.steps.confirm(request);
  }
}

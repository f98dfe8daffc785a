import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  mfaConfirm,
  mfaEnrol,
  mfaGet,
  mfaRemove,
  mfaReset,
  recoveryCodeCreate,
  type MfaView,
  type RpcRequest,
  type TotpSeed,
} from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import { MfaService } from './mfa.service';

@Controller()
export class MfaRpc {
  constructor(private readonly mfa: MfaService) {}

  @OnRpc(mfaGet, 'signed-in')
  get(@FromCaller() { principal }: Caller): Promise<MfaView> {
    return this.mfa.view(principal);
  }

  @OnRpc(mfaEnrol, 'signed-in')
  enrol(
    @FromCaller() { principal }: Caller,
    @Payload() { currentPassword, ip }: RpcRequest<typeof mfaEnrol>,
  ): Promise<TotpSeed> {
    return this.mfa.enrolSignedIn(principal, currentPassword, ip);
  }

  @OnRpc(mfaConfirm, 'signed-in')
  async confirm(@FromCaller() { principal }: Caller, @Payload() typed: RpcRequest<typeof mfaConfirm>) {
    return { recoveryCodes: await this.mfa.confirm(principal, typed) };
  }

  @OnRpc(mfaRemove, 'signed-in')
  remove(
    @FromCaller() { principal }: Caller,
    @Payload() proof: RpcRequest<typeof mfaRemove>,
  ): Promise<MfaView> {
    return this.mfa.remove(principal, proof);
  }

  @OnRpc(recoveryCodeCreate, 'signed-in')
  async renew(@FromCaller() { principal }: Caller, @Payload() proof: RpcRequest<typeof recoveryCodeCreate>) {
    return { recoveryCodes: await this.mfa.renewRecoveryCodes(principal, proof) };
  }

  @OnRpc(mfaReset, 'agent.update')
  reset(
    @FromCaller() { principal }: Caller,
    @Payload() { agentId }: RpcRequest<typeof mfaReset>,
  ): Promise<MfaView> {
    return this.mfa.reset(principal, agentId);
  }
}

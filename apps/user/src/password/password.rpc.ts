import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { passwordChange, type RpcRequest } from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import { PasswordChangeService } from './password-change.service';

@Controller()
export class PasswordRpc {
  constructor(private readonly passwords: PasswordChangeService) {}

  @OnRpc(passwordChange, 'signed-in')
  change(
    @FromCaller() { principal }: Caller,
    @Payload() request: RpcRequest<typeof passwordChange>,
  ): Promise<{ revoked: number }> {
    return this.passwords.change(principal, request);
  }
}

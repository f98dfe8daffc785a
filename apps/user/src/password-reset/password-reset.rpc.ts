import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { passwordResetConfirm, passwordResetCreate, type RpcRequest } from '@scrm/contracts';
import { OnRpc } from '@scrm/messaging';
import { PasswordResetService } from './password-reset.service';

@Controller()
export class PasswordResetRpc {
  constructor(private readonly resets: PasswordResetService) {}

  @OnRpc(passwordResetCreate, 'public')
  create(@Payload() request: RpcRequest<typeof passwordResetCreate>): Promise<{ validForMinutes: number }> {
    return this.resets.ask(request);
  }

  @OnRpc(passwordResetConfirm, 'public')
  confirm(@Payload() request: RpcRequest<typeof passwordResetConfirm>): Promise<{ email: string }> {
    return this.resets.confirm(request);
  }
}

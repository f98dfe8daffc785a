import { Module } from '@nestjs/common';
import { SecurityPolicyRpc } from './security-policy.rpc';
import { SecurityPolicyService } from './security-policy.service';

@Module({ controllers: [SecurityPolicyRpc], providers: [SecurityPolicyService] })
export class SecurityPolicyModule {}

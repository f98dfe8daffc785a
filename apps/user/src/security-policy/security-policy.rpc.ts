import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { securityPolicyGet, securityPolicyUpdate, type SecurityPolicy } from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import { SecurityPolicyService } from './security-policy.service';

@Controller()
export class SecurityPolicyRpc {
  constructor(private readonly policies: SecurityPolicyService) {}

  @OnRpc(securityPolicyGet, 'security.manage')
  get(@FromCaller() { principal }: Caller): Promise<SecurityPolicy> {
    return this.policies.get(principal);
  }

  @OnRpc(securityPolicyUpdate, 'security.manage')
  update(@FromCaller() { principal }: Caller, @Payload() policy: SecurityPolicy): Promise<SecurityPolicy> {
    return this.policies.update(principal, policy);
  }
}

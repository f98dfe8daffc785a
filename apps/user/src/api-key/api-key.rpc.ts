import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import {
  apiKeyAllow,
  apiKeyCreate,
  apiKeyExchange,
  apiKeyList,
  apiKeyRevoke,
  type ApiKeyAllowance,
  type ApiKeyView,
  type RpcResponse,
} from '@scrm/contracts';
import { FromCaller, OnRpc, type Caller } from '@scrm/messaging';
import type { z } from 'zod';
import { AllowanceService } from './allowance.service';
import { ApiKeyService } from './api-key.service';

@Controller()
export class ApiKeyRpc {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly allowances: AllowanceService,
  ) {}

  @OnRpc(apiKeyList, 'api-key.read')
  list(
    @FromCaller() { principal }: Caller,
    @Payload() query: z.output<typeof apiKeyList.request>,
  ): Promise<RpcResponse<typeof apiKeyList>> {
    return this.keys.list(principal, query);
  }

  @OnRpc(apiKeyCreate, 'api-key.manage')
  create(
    @FromCaller() { principal }: Caller,
    @Payload() key: z.output<typeof apiKeyCreate.request>,
  ): Promise<RpcResponse<typeof apiKeyCreate>> {
    return this.keys.create(principal, key);
  }

  @OnRpc(apiKeyRevoke, 'api-key.manage')
  revoke(
    @FromCaller() { principal }: Caller,
    @Payload() { apiKeyId }: z.output<typeof apiKeyRevoke.request>,
  ): Promise<ApiKeyView> {
    return this.keys.revoke(principal, apiKeyId);
  }

  @OnRpc(apiKeyExchange, 'public')
  exchange(
    @Payload() { key }: z.output<typeof apiKeyExchange.request>,
  ): Promise<RpcResponse<typeof apiKeyExchange>> {
    return this.keys.exchange(key);
  }

  @OnRpc(apiKeyAllow, 'service')
  allow(
    @Payload() { tenantId, apiKeyId, wanted }: z.output<typeof apiKeyAllow.request>,
  ): Promise<ApiKeyAllowance> {
    return this.allowances.take(tenantId, apiKeyId, wanted);
  }
}

import { Module } from '@nestjs/common';
import { AllowanceService } from './allowance.service';
import { ApiKeyRepository } from './api-key.repository';
import { ApiKeyRpc } from './api-key.rpc';
import { ApiKeyService } from './api-key.service';

@Module({
  controllers: [ApiKeyRpc],
  providers: [AllowanceService, ApiKeyService, ApiKeyRepository],
})
export class ApiKeyModule {}

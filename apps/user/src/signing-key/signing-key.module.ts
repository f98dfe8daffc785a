import { Module } from '@nestjs/common';
import { SigningKeyController } from './signing-key.controller';
import { SigningKeyRepository } from './signing-key.repository';
import { SigningKeyService } from './signing-key.service';

@Module({
  controllers: [SigningKeyController],
  providers: [SigningKeyRepository, SigningKeyService],
  exports: [SigningKeyService],
})
export class SigningKeyModule {}

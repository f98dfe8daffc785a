import { Module } from '@nestjs/common';
import { HandOverRelay } from './hand-over.relay';
import { HandOverRepository } from './hand-over.repository';
import { HandOverRpc } from './hand-over.rpc';
import { HandOverService } from './hand-over.service';

@Module({
  controllers: [HandOverRpc],
  providers: [HandOverService, HandOverRelay, HandOverRepository],
  exports: [HandOverService],
})
export class HandOverModule {}

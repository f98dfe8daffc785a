import { Module } from '@nestjs/common';
import { AuditRpc } from './audit.rpc';
import { AuditService } from './audit.service';

@Module({ controllers: [AuditRpc], providers: [AuditService] })
export class AuditModule {}

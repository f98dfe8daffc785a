import { Inject, Injectable } from '@nestjs/common';
import type { AuditEntryView, AuditQuery, Principal } from '@scrm/contracts';
import { actorOf, auditPage, inTenant, recordAudit } from '@scrm/database';
import type { DataSource } from 'typeorm';
import { IDENTITY_DB } from '../db/data-source';

@Injectable()
export class AuditService {
  constructor(@Inject(IDENTITY_DB) private readonly db: DataSource) {}

  list({ tenantId }: Principal, query: AuditQuery): Promise<{ items: AuditEntryView[] }> {
    return inTenant(this.db, tenantId, async (manager) => ({ items: await auditPage(manager, query) }));
  }

  recordExport(principal: Principal, narrowed: object): Promise<void> {
    const { tenantId } = principal;
    const target = { kind: 'tenant', id: tenantId };
    return inTenant(this.db, tenantId, (manager) =>
      recordAudit(manager, { by: actorOf(principal), action: 'audit.exported', target, after: narrowed }),
    );
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { isOverseer, type AuditEntryView, type AuditQuery, type Principal } from '@scrm/contracts';
import { actorOf, auditPage, inTenant, recordAudit } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { APP_DB } from '../db/data-source';

@Injectable()
export class AuditService {
  constructor(@Inject(APP_DB) private readonly database: DataSource) {}

  list({ tenantId }: Principal, query: AuditQuery): Promise<{ items: AuditEntryView[] }> {
    return inTenant(this.database, tenantId, async (manager) => ({ items: await auditPage(manager, query) }));
  }

  /** From now on somebody sees on a socket what comes in. */
  watch(principal: Principal): Promise<void> {
    const target = { kind: 'session', id: principal.sessionId };
    return inTenant(this.database, principal.tenantId, (manager) =>
      recordRead(manager, principal, { action: 'inbox.watched', target }),
    );
  }
}

/** What people read who oversee others; whoever answers customers reads all day long. */
export async function recordRead(
  manager: EntityManager,
  principal: Principal,
  read: { action: string; target: { kind: string; id: string }; after?: object },
): Promise<void> {
  if (isOverseer(principal)) await recordAudit(manager, { by: actorOf(principal), ...read });
}

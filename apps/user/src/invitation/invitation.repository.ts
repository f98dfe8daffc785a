import { Inject, Injectable } from '@nestjs/common';
import type { Role } from '@scrm/contracts';
import { actorOf, inTenant, recordAudit } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_DB, IDENTITY_SYSTEM_DB } from '../db/data-source';
import { columnsOf } from '../role/role.repository';

/** An invitation that can be accepted, and whom it is for. */
export interface OpenInvitation {
  agentId: string;
  name: string;
  email: string;
  tenantName: string;
  expiresAt: Date;
}

interface NewAgent {
  id: string;
  tenantId: string;
  name: string;
  email: string;
  role: Role;
}

@Injectable()
export class InvitationRepository {
  constructor(
    @Inject(IDENTITY_DB) private readonly db: DataSource,
    @Inject(IDENTITY_SYSTEM_DB) private readonly system: DataSource,
  ) {}

  /** All of `work` in one transaction that sees only this tenant. */
  inTenant<T>(tenantId: string, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTenant(this.db, tenantId, work);
  }

  /** Undefined where it was used or replaced, has expired, or is for somebody who is out. */
  async find(hash: Buffer): Promise<OpenInvitation | undefined> {
    const [row] = await this.system.query<OpenInvitation[]>(
      `SELECT a.id AS "agentId", a.name, a.email, t.name AS "tenantName", i.expires_at AS "expiresAt"
         FROM invitation i JOIN agent a ON a.id = i.agent_id JOIN tenant t ON t.id = i.tenant_id
        WHERE i.hash = $1 AND i.expires_at > now() AND a.status = 'invited' AND t.status = 'active'`,
      [hash],
    );
    return row;
  }

  /** @returns false where somebody was faster */
  accept(hash: Buffer, passwordHash: string): Promise<boolean> {
    return this.system.transaction(async (manager) => {
      // The agent before their invitation, as where it is renewed: the two never wait for each other in a circle.
      await manager.query(
        `SELECT 1 FROM agent WHERE id = (SELECT agent_id FROM invitation WHERE hash = $1) FOR UPDATE`,
        [hash],
      );
      const [used] = await manager.query<[{ agent_id: string; tenant_id: string }[], number]>(
        'DELETE FROM invitation WHERE hash = $1 AND expires_at > now() RETURNING agent_id, tenant_id',
        [hash],
      );
      if (!used[0]) return false;
      const [, changed] = await manager.query<[unknown[], number]>(
        `UPDATE agent SET password_hash = $2, password_set_at = now(), status = 'active'
          WHERE id = $1 AND status = 'invited'`,
        [used[0].agent_id, passwordHash],
      );
      if (changed > 0)
        await recordAudit(manager, {
          by: actorOf({ tenantId: used[0].tenant_id, agentId: used[0].agent_id }),
          action: 'invitation.accepted',
          target: { kind: 'agent', id: used[0].agent_id },
        });
      return changed > 0;
    });
  }
}

export async function insertInvited(manager: EntityManager, { id, tenantId, name, email, role }: NewAgent) {
  const columns = columnsOf(role);
  await manager.query(
    `INSERT INTO agent (id, tenant_id, name, email, role, role_id, status, password_set_at)
     VALUES ($1, $2, $3, $4, $5, $6, 'invited', NULL)`,
    [id, tenantId, name, email, columns.role, columns.roleId],
  );
}

/** In place of the one before. */
export async function replaceInvitation(
  manager: EntityManager,
  {
    hash,
    tenantId,
    agentId,
    expiresAt,
  }: { hash: Buffer; tenantId: string; agentId: string; expiresAt: Date },
) {
  await manager.query('DELETE FROM invitation WHERE agent_id = $1', [agentId]);
  await manager.query(
    'INSERT INTO invitation (hash, tenant_id, agent_id, expires_at) VALUES ($1, $2, $3, $4)',
    [hash, tenantId, agentId, expiresAt],
  );
}

export async function findTenantName(manager: EntityManager, tenantId: string): Promise<string> {
  const [tenant] = await manager.query<{ name: string }[]>('SELECT name FROM tenant WHERE id = $1', [
    tenantId,
  ]);
  return tenant!.name;
}

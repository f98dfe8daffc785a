import { Inject, Injectable } from '@nestjs/common';
import type { AgentStatus, assignmentTargetGet, RpcRequest, RpcResponse } from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import type { DataSource } from 'typeorm';
import { IDENTITY_DB } from '../db/data-source';

@Injectable()
export class AssignmentTargetRepository {
  constructor(@Inject(IDENTITY_DB) private readonly db: DataSource) {}

  find({
    tenantId,
    agentId,
    teamId,
  }: RpcRequest<typeof assignmentTargetGet>): Promise<RpcResponse<typeof assignmentTargetGet>> {
    return inTenant(this.db, tenantId, async (manager) => {
      const [row] = await manager.query<
        { status: AgentStatus | null; version: number | null; team: boolean }[]
      >(
        `SELECT a.status, a.access_version AS version, EXISTS (SELECT FROM team WHERE id = $2) AS team
           FROM (SELECT $1::uuid AS id) asked LEFT JOIN agent a ON a.id = asked.id`,
        [agentId ?? null, teamId ?? null],
      );
      const { status, version, team } = row!;
      return { agent: status && { status, version: version! }, team };
    });
  }
}

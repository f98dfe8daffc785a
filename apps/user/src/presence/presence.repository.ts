import { Inject, Injectable } from '@nestjs/common';
import type { Presence, presenceReport, RpcRequest } from '@scrm/contracts';
import { inTenant } from '@scrm/database';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_DB, IDENTITY_SYSTEM_DB } from '../db/data-source';

/** Somebody who came or went, with what they chose. */
export interface Change {
  agent_id: string;
  tenant_id: string;
  chosen: Presence;
}

interface Own {
  chosen: Presence;
  present: boolean;
}

/**
 * Reports and sweeps go one after the other, over all pods: there is one in seconds for each ws pod, and it takes
 * milliseconds. So an agent who leaves one pod in the moment in which they come to another needs no thought.
 */
const ONE_AT_A_TIME = `SELECT pg_advisory_xact_lock(hashtextextended('identity.presence', 0))`;

@Injectable()
export class PresenceRepository {
  constructor(
    @Inject(IDENTITY_DB) private readonly db: DataSource,
    @Inject(IDENTITY_SYSTEM_DB) private readonly system: DataSource,
  ) {}

  async own(tenantId: string, agentId: string): Promise<Own> {
    const [own] = await inTenant(this.db, tenantId, (manager) => manager.query<Own[]>(OWN, [agentId]));
    return own ?? { chosen: 'online', present: false };
  }

  /** @returns what they are now, and whether it is another one than before */
  choose(tenantId: string, agentId: string, chosen: Presence): Promise<Own & { changed: boolean }> {
    return inTenant(this.db, tenantId, async (manager) => {
      await manager.query(
        'INSERT INTO agent_presence (agent_id, tenant_id, chosen) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
        [agentId, tenantId, chosen],
      );
      const [before] = await manager.query<Own[]>(`${OWN} FOR UPDATE`, [agentId]);
      await manager.query('UPDATE agent_presence SET chosen = $2 WHERE agent_id = $1', [agentId, chosen]);
      return { chosen, present: before!.present, changed: before!.present && before!.chosen !== chosen };
    });
  }

  /** @returns who came */
  report({ pod, seq, tenants }: RpcRequest<typeof presenceReport>): Promise<Change[]> {
    const agents = tenants.flatMap(({ agentIds }) => agentIds);
    const tenantOf = tenants.flatMap(({ tenantId, agentIds }) => agentIds.map(() => tenantId));
    return this.alone(async (manager) => {
      const taken = await manager.query<unknown[]>(LEASE, [pod, seq]);
      if (taken.length === 0) return [];
      const [left] = await manager.query<[{ agent_id: string }[], number]>(LEAVE, [pod, agents]);
      if (left.length > 0) await manager.query(WITHOUT_SOCKET, [left.map(({ agent_id }) => agent_id)]);
      await manager.query(JOIN, [pod, agents, tenantOf]);
      await manager.query(BACK, [pod]);
      return manager.query<Change[]>(COME, [pod]);
    });
  }

  /** @returns who went */
  sweep(leaseS: number, graceS: number): Promise<Change[]> {
    return this.alone(async (manager) => {
      await manager.query(LAPSED, [leaseS]);
      await manager.query(`DELETE FROM ws_pod WHERE seen_at < now() - $1 * interval '1 second'`, [leaseS]);
      const [gone] = await manager.query<[Change[], number]>(GO, [graceS]);
      return gone;
    });
  }

  private alone<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.system.transaction(async (manager) => {
      await manager.query(ONE_AT_A_TIME);
      return work(manager);
    });
  }
}

export const presenceOf = ({ chosen, present }: Own): Presence => (present ? chosen : 'offline');

/** Of those who were ever there; the others are offline. */
export async function presencesOf(
  manager: EntityManager,
  agentIds: string[],
): Promise<Map<string, Presence>> {
  const rows = await manager.query<(Own & { agent_id: string })[]>(
    'SELECT agent_id, chosen, present FROM agent_presence WHERE agent_id = ANY($1)',
    [agentIds],
  );
  return new Map(rows.map((row) => [row.agent_id, presenceOf(row)]));
}

const OWN = 'SELECT chosen, present FROM agent_presence WHERE agent_id = $1';

const LEASE = `
  INSERT INTO ws_pod AS p (pod, seq) VALUES ($1, $2)
  ON CONFLICT (pod) DO UPDATE SET seq = excluded.seq, seen_at = now() WHERE p.seq < excluded.seq
  RETURNING 1`;

const LEAVE = `DELETE FROM agent_socket WHERE pod = $1 AND agent_id <> ALL($2::uuid[]) RETURNING agent_id`;

const WITHOUT_SOCKET = `
  UPDATE agent_presence p SET left_at = now()
   WHERE p.agent_id = ANY($1) AND p.present AND NOT EXISTS (SELECT FROM agent_socket s WHERE s.agent_id = p.agent_id)`;

/** A pod knows agents by their tokens; who is no agent of that tenant has none. */
const JOIN = `
  INSERT INTO agent_socket (pod, agent_id, tenant_id)
  SELECT $1, a.id, a.tenant_id FROM unnest($2::uuid[], $3::uuid[]) AS t(agent_id, tenant_id)
    JOIN agent a ON a.id = t.agent_id AND a.tenant_id = t.tenant_id
   WHERE NOT EXISTS (SELECT FROM agent_socket s WHERE s.pod = $1 AND s.agent_id = a.id)
  ON CONFLICT DO NOTHING`;

const BACK = `
  UPDATE agent_presence p SET left_at = NULL
    FROM agent_socket s WHERE s.pod = $1 AND p.agent_id = s.agent_id AND p.left_at IS NOT NULL`;

const COME = `
  INSERT INTO agent_presence AS p (agent_id, tenant_id, present)
  SELECT s.agent_id, s.tenant_id, true FROM agent_socket s LEFT JOIN agent_presence b ON b.agent_id = s.agent_id
   WHERE s.pod = $1 AND b.present IS NOT TRUE
  ON CONFLICT (agent_id) DO UPDATE SET present = true WHERE NOT p.present
  RETURNING p.agent_id, p.tenant_id, p.chosen`;

/** Whose sockets were all on pods that are not heard any more left when those were last heard. */
const LAPSED = `
  UPDATE agent_presence p SET left_at = l.seen_at
    FROM (SELECT s.agent_id, max(w.seen_at) AS seen_at FROM agent_socket s JOIN ws_pod w ON w.pod = s.pod
           GROUP BY s.agent_id HAVING max(w.seen_at) < now() - $1 * interval '1 second') l
   WHERE p.agent_id = l.agent_id AND p.present`;

const GO = `
  UPDATE agent_presence SET present = false, left_at = NULL
   WHERE left_at < now() - $1 * interval '1 second' RETURNING agent_id, tenant_id, chosen`;

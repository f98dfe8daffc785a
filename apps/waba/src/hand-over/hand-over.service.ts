import { Inject, Injectable } from '@nestjs/common';
import type { handOverBegin, handOverGet, RpcRequest, RpcResponse } from '@scrm/contracts';
import { execute, tenantTransaction, transaction, type Transaction } from '@scrm/database';
import type { DataSource } from 'typeorm';
import { move } from '../conversation/move';
import { APP_DB, SYSTEM_DB } from '../db/data-source';
import { StreamPublisher } from '../stream/stream.publisher';
import { Timeline, type TenantChanges } from '../stream/timeline';
import { closeGate, letGoSince, type Destination } from './gate';

/** Conversations in one transaction: their locks are held, and their tenant's other changes wait, so long. */
const BATCH = 100;
/** Hand-overs in turn. */
const AT_ONCE = 20;
/** From one who is out to the next: longer chains end in the pool. */
const MOST_HOPS = 10;

type Claimed = Destination & { tenant_id: string };

/** Gives what was somebody's to others: in small transactions, so that no place is lost where a process ends. */
@Injectable()
export class HandOverService {
  constructor(
    @Inject(APP_DB) private readonly database: DataSource,
    @Inject(SYSTEM_DB) private readonly system: DataSource,
    private readonly stream: StreamPublisher,
  ) {}

  async begin(command: RpcRequest<typeof handOverBegin>): Promise<void> {
    const { tenantId, agentId, version, toAgent, toTeamId } = command;
    await transaction(this.system, async (tx) => {
      closeGate(tx, agentId);
      tx.send(BEGIN, [agentId, tenantId, version, toAgent?.id, toAgent?.version, toTeamId]);
      // Most have nothing, and are done with at once.
      tx.send(END_WHERE_NOTHING_IS_LEFT, [agentId]);
      await tx.commit();
    });
  }

  get({ tenantId, agentId }: RpcRequest<typeof handOverGet>): Promise<RpcResponse<typeof handOverGet>> {
    return tenantTransaction(this.database, tenantId, async (tx) => {
      const [row] = await tx.query<{
        open: number;
        assigned: number;
        version: number | null;
        done_at: Date | null;
      }>(STATE, [agentId]);
      const { open, assigned, version, done_at } = row!;
      return { open, assigned, version, doneAt: done_at?.toISOString() ?? null };
    });
  }

  /** Goes on with what is not done, for about so long. The rest is for the next time, here or elsewhere. */
  async work(forMs: number): Promise<void> {
    const until = Date.now() + forMs;
    for (let moved = true; moved && Date.now() < until;) {
      moved = false;
      for (const { agent_id } of await execute<{ agent_id: string }>(this.system, PENDING))
        moved = (await this.batch(agent_id)) || moved;
    }
  }

  /** @returns false where there is nothing left, or another process is at it */
  private async batch(agentId: string): Promise<boolean> {
    const changes = await transaction(this.system, async (tx): Promise<TenantChanges[]> => {
      const [handOver] = await tx.query<Claimed>(CLAIM, [agentId]);
      if (!handOver) return [];
      const ids = await tx.query<{ id: string }>(ASSIGNED, [agentId, handOver.tenant_id]);
      if (ids.length === 0) {
        tx.send(END_WHERE_NOTHING_IS_LEFT, [agentId]);
        return [];
      }
      const timeline = await Timeline.open(
        tx,
        ids.map(({ id }) => id),
      );
      const target = await destinationOf(tx, handOver);
      for (const { id } of ids) {
        const conversation = timeline.get(id);
        // Somebody may have taken it since it was looked for.
        if (conversation.assignee_id === agentId) move(timeline, conversation, target);
      }
      return timeline.commit();
    });
    await this.stream.announce(changes);
    return changes.length > 0;
  }
}

/** Who takes over may be out by now, too: then who took over from them does. */
async function destinationOf(tx: Transaction, first: Destination) {
  let last = first;
  for (let hops = 0; last.to_agent_id && hops < MOST_HOPS; hops++) {
    const next = await letGoSince(tx, { id: last.to_agent_id, version: last.to_agent_version! });
    if (!next) return { assigneeId: last.to_agent_id };
    last = next;
  }
  return { assigneeId: null, ...(!last.to_agent_id && last.to_team_id && { teamId: last.to_team_id }) };
}

const BEGIN = `
  INSERT INTO hand_over AS h (agent_id, tenant_id, version, to_agent_id, to_agent_version, to_team_id)
  VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (agent_id) DO UPDATE SET
    version = excluded.version, to_agent_id = excluded.to_agent_id, to_agent_version = excluded.to_agent_version,
    to_team_id = excluded.to_team_id, begun_at = now(), done_at = NULL
  WHERE h.version < excluded.version`;

const END_WHERE_NOTHING_IS_LEFT = `
  UPDATE hand_over h SET done_at = now()
   WHERE h.agent_id = $1 AND h.done_at IS NULL
     AND NOT EXISTS (SELECT FROM conversation v WHERE v.assignee_id = $1 AND v.tenant_id = h.tenant_id)`;

const STATE = `
  SELECT count(*) FILTER (WHERE v.status = 'open')::int AS open, count(*)::int AS assigned,
         (SELECT version FROM hand_over WHERE agent_id = $1) AS version,
         (SELECT done_at FROM hand_over WHERE agent_id = $1) AS done_at
    FROM conversation v WHERE v.assignee_id = $1`;

const PENDING = `SELECT agent_id FROM hand_over WHERE done_at IS NULL ORDER BY begun_at LIMIT ${AT_ONCE}`;

const CLAIM = `
  SELECT tenant_id, to_agent_id, to_agent_version, to_team_id FROM hand_over
   WHERE agent_id = $1 AND done_at IS NULL FOR UPDATE SKIP LOCKED`;

const ASSIGNED = `SELECT id FROM conversation WHERE assignee_id = $1 AND tenant_id = $2 LIMIT ${BATCH}`;

import { v7 as uuidv7 } from 'uuid';
import { asRole, demo, PROVISIONING_ROLE } from './stack';

const FIRST = ['Ayu', 'budi', 'Citra', 'dewi', 'Éka', 'fajar', 'Gita', 'Ñata', 'Øystein', 'zahra'];

/** Agents of the demo tenant, all in its first team, a tenth of them with a skill; and a tenant beside it, as large. */
export async function fillAgents(url: string, count: number): Promise<void> {
  const other = uuidv7();
  const insert = async (tenantId: string, teamId: string, mark: string) =>
    asRole(url, PROVISIONING_ROLE, async (db) => {
      await db.query(
        `INSERT INTO agent (id, tenant_id, name, email, role, status, password_set_at)
         SELECT ('01970000-0000-7000-${mark}-' || lpad(to_hex(n), 12, '0'))::uuid, $1,
                ($3::text[])[1 + n % 10] || ' ' || n % 700, 'a' || (n * 7919) % $2 || '@${mark}.test',
                CASE WHEN n % 50 = 0 THEN 'leader' ELSE 'agent' END,
                CASE WHEN n % 19 = 0 THEN 'deactivated' ELSE 'active' END, now()
           FROM generate_series(1, $2::int) n`,
        [tenantId, count, FIRST],
      );
      await db.query(
        `INSERT INTO team_member (team_id, agent_id, tenant_id, leader)
         SELECT $2, id, tenant_id, role = 'leader' FROM agent WHERE tenant_id = $1 AND email LIKE '%@${mark}.test'`,
        [tenantId, teamId],
      );
    });
  const otherTeam = uuidv7();
  await asRole(url, PROVISIONING_ROLE, async (db) => {
    await db.query(`INSERT INTO tenant (id, name) VALUES ($1, 'Beside')`, [other]);
    await db.query(`INSERT INTO team (id, tenant_id, name) VALUES ($1, $2, 'Beside')`, [otherTeam, other]);
    await db.query(
      `INSERT INTO team (id, tenant_id, name) SELECT gen_random_uuid(), $1, 'Team ' || n FROM generate_series(1, 2000) n`,
      [demo.tenant.id],
    );
  });
  await insert(demo.tenant.id, demo.teams[0]!.id, '8001');
  await insert(other, otherTeam, '8002');
}

import { readFileSync } from 'node:fs';
import { ROLES } from '@scrm/contracts';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { hashPassword } from '../password/password.service';
import { identityDataSource } from './data-source';
import { PROVISIONING_ROLE } from './roles';

/** The part of the demo file that this service owns; other services read the rest. */
const demoSchema = z.object({
  tenant: z.object({ id: z.uuid(), name: z.string() }),
  teams: z.array(z.object({ id: z.uuid(), name: z.string() })),
  agents: z.array(
    z.object({
      id: z.uuid(),
      name: z.string(),
      email: z.email().toLowerCase(),
      password: z.string(),
      role: z.enum(ROLES),
      teams: z.array(z.string()),
    }),
  ),
});
export type Demo = z.infer<typeof demoSchema>;

/** Adds what is missing and leaves what is there: it may run at every start. */
export async function seedDemo(databaseUrl: string, demo: Demo): Promise<void> {
  const source = identityDataSource(databaseUrl, PROVISIONING_ROLE);
  await source.initialize();
  try {
    await source.transaction((manager) => insertDemo(manager, demo));
  } finally {
    await source.destroy();
  }
}

async function insertDemo(manager: EntityManager, { tenant, teams, agents }: Demo) {
  const insert = (sql: string, values: unknown[]) => manager.query(`${sql} ON CONFLICT DO NOTHING`, values);
  await insert('INSERT INTO tenant (id, name) VALUES ($1, $2)', [tenant.id, tenant.name]);
  for (const team of teams) {
    await insert('INSERT INTO team (id, tenant_id, name) VALUES ($1, $2, $3)', [
      team.id,
      tenant.id,
      team.name,
    ]);
  }
  for (const { id, name, email, password, role, teams: names } of agents) {
    await insert(
      `INSERT INTO agent (id, tenant_id, name, email, password_hash, role) VALUES ($1, $2, $3, $4, $5, $6)`,
      [id, tenant.id, name, email, await hashPassword(password), role],
    );
    for (const teamName of names) {
      const team = teams.find((t) => t.name === teamName);
      if (!team) throw new Error(`${email} is in team "${teamName}", which the file does not define`);
      await insert('INSERT INTO team_member (team_id, agent_id, tenant_id, leader) VALUES ($1, $2, $3, $4)', [
        team.id,
        id,
        tenant.id,
        role === 'leader',
      ]);
    }
  }
}

export function readDemo(file: string): Demo {
  return demoSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

async function main(env: NodeJS.ProcessEnv) {
  if (env.NODE_ENV === 'production') throw new Error('demo accounts have known passwords: not in production');
  if (!env.DATABASE_URL) throw new Error('set DATABASE_URL to a login that owns the database');
  if (!env.SEED_FILE) throw new Error('set SEED_FILE to the demo data, e.g. tools/demo.json');
  const demo = readDemo(env.SEED_FILE);
  await seedDemo(env.DATABASE_URL, demo);
  process.stdout.write(
    `user: demo tenant "${demo.tenant.name}" with ${demo.agents.length} agents is there\n`,
  );
}

if (require.main === module) {
  main(process.env).catch((error: unknown) => {
    process.stderr.write(`seed-demo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}

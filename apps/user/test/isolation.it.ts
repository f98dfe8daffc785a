import { inTenant, schemaDrift } from '@scrm/database';
import type { TestDatabase } from '@scrm/testing';
import { APP_ROLE } from '../src/db/roles';
import { seedDemo } from '../src/db/seed-demo';
import {
  asRole,
  createIdentityDatabase,
  demo,
  identityOwner,
  stranger,
  SYSTEM_ROLE,
  PROVISIONING_ROLE,
} from './stack';

let database: TestDatabase;
beforeAll(async () => {
  database = await createIdentityDatabase();
  await seedDemo(database.url, demo);
  await seedDemo(database.url, stranger);
});
afterAll(() => database.drop());

const TENANT_TABLES = [
  'tenant',
  'team',
  'agent',
  'team_member',
  'session',
  'refresh_token',
  'invitation',
  'role',
  'audit_entry',
  'api_key',
  'request_allowance',
  'tenant_key',
  'mfa_totp',
  'recovery_code',
  'sign_in_challenge',
  'mail',
  'password_reset',
  'sso_connection',
  'sso_state',
  'sso_identity',
  'hand_over',
  'agent_socket',
  'agent_presence',
  'agent_skill',
];
const VISIBLE = ['tenant', 'team', 'agent', 'team_member', 'session', 'role', 'audit_entry'];
const count = async (db: { query(sql: string): Promise<{ n: string }[]> }, table: string) =>
  Number((await db.query(`SELECT count(*) AS n FROM ${table}`))[0]!.n);

describe('the app role', () => {
  it.each(VISIBLE)('sees nothing of %s without a tenant', async (table) => {
    await expect(asRole(database.url, APP_ROLE, (db) => count(db, table))).resolves.toBe(0);
  });

  it.each([
    ['tenant', 1, 1],
    ['team', 2, 1],
    ['agent', 6, 1],
    ['team_member', 5, 1],
  ])('sees of %s only what is its tenant’s', async (table, mine, theirs) => {
    const counts = await asRole(database.url, APP_ROLE, async (db) => [
      await inTenant(db, demo.tenant.id, (m) => count(m, table)),
      await inTenant(db, stranger.tenant.id, (m) => count(m, table)),
      // The setting ended with its transaction: the pooled connection carries no tenant over.
      await count(db, table),
    ]);
    expect(counts).toEqual([mine, theirs, 0]);
  });

  it('does not find another tenant’s row by its id', async () => {
    const rows = await asRole(database.url, APP_ROLE, (db) =>
      inTenant(db, demo.tenant.id, (m) =>
        m.query('SELECT id FROM agent WHERE id = $1', [stranger.agents[0]!.id]),
      ),
    );
    expect(rows).toEqual([]);
  });

  it.each([
    ['a password', 'SELECT password_hash FROM agent'],
    ['a refresh token', 'SELECT * FROM refresh_token'],
    ['an invitation', 'SELECT hash FROM invitation'],
    ['an API key', 'SELECT hash FROM api_key'],
    ['what keys asked', 'SELECT * FROM request_allowance'],
    ['what a mail says', 'SELECT letter FROM mail'],
    ['a link to a new password', 'SELECT hash FROM password_reset'],
    ['the secret of an identity provider', 'SELECT client_secret FROM sso_connection'],
    ['a sign-in that is on its way', 'SELECT verifier FROM sso_state'],
    ['a signing key', 'SELECT * FROM signing_key'],
    ['a tenant’s key', 'SELECT * FROM tenant_key'],
    ['a seed', 'SELECT seed FROM mfa_totp'],
    ['a recovery code', 'SELECT hash FROM recovery_code'],
    ['a challenge', 'SELECT * FROM sign_in_challenge'],
  ])('may not read %s', async (_, sql) => {
    const attempt = asRole(database.url, APP_ROLE, (db) => inTenant(db, demo.tenant.id, (m) => m.query(sql)));
    await expect(attempt).rejects.toThrow(/permission denied/);
  });
});

describe('the schema', () => {
  it('has row-level security, forced, on every table with a tenant', async () => {
    const rows = await asRole(database.url, SYSTEM_ROLE, (db) =>
      db.query<{ name: string }[]>(
        `SELECT c.relname AS name FROM pg_class c
          WHERE c.relnamespace = 'identity'::regnamespace AND c.relkind = 'r'
            AND c.relrowsecurity AND c.relforcerowsecurity ORDER BY 1`,
      ),
    );
    expect(rows.map((r) => r.name)).toEqual([...TENANT_TABLES].sort());
  });

  it('holds its owner to it too', async () => {
    const owner = await identityOwner(database.url);
    const seen = await count(owner, 'agent');
    await owner.destroy();
    expect(seen).toBe(0);
  });

  it('does not let a membership join an agent to a team of another tenant', async () => {
    const attempt = asRole(database.url, PROVISIONING_ROLE, (db) =>
      db.query('INSERT INTO team_member (team_id, agent_id, tenant_id) VALUES ($1, $2, $3)', [
        stranger.teams[0]!.id,
        demo.agents[0]!.id,
        demo.tenant.id,
      ]),
    );
    await expect(attempt).rejects.toThrow(/team_member_team_fk/);
  });

  it('is what the entities say', async () => {
    const owner = await identityOwner(database.url);
    const drift = await schemaDrift(owner);
    await owner.destroy();
    expect(drift).toEqual([]);
  });

  it('takes the demo data a second time without a change', async () => {
    const rows = () =>
      asRole(database.url, SYSTEM_ROLE, (db) => db.query('SELECT * FROM agent ORDER BY id')) as Promise<
        unknown[]
      >;
    const before = await rows();
    await seedDemo(database.url, demo);
    expect(await rows()).toEqual(before);
    expect(before).toHaveLength(7);
  });
});

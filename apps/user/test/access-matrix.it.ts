import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { grantsOf, isBuiltIn } from '@scrm/contracts';
import { RPC_METADATA } from '@scrm/messaging';
import { rpcHandlers, TenantRows, testAccess, type MatrixWorld, type Who } from '@scrm/testing';
import { AccessTokenService } from '../src/access-token/access-token.service';
import { newKey } from '../src/api-key/api-key.secret';
import { SCHEMA } from '../src/db/data-source';
import { hashPassword } from '../src/password/password.service';
import { columnsOf } from '../src/role/role.repository';
import { digest, newToken } from '../src/secret-token';
import { SigningKeyService } from '../src/signing-key/signing-key.service';
import { startUserStack } from './stack';

const PASSWORD = 'kopi-tubruk-2026';
const TOMORROW = new Date(Date.now() + 86_400_000);
const passwordHash = hashPassword(PASSWORD);

async function start(): Promise<MatrixWorld> {
  const stack = await startUserStack();
  const rows = await TenantRows.open(stack.databaseUrl, SCHEMA);
  const keys = stack.app.get(SigningKeyService, { strict: false });
  const world: MatrixWorld = {
    rows,
    async join(role) {
      const who = { tenantId: randomUUID(), agentId: randomUUID(), sessionId: randomUUID(), teamIds: [] };
      await rows.insert('tenant', { id: who.tenantId, name: 'A shop' });
      const versions = { agentVersion: 1, tenantVersion: 1 };
      if (typeof role === 'string') {
        await newAgent(who, { id: who.agentId, role });
        await newSession(world, { ...who, ...versions, role });
        return { ...who, ...versions, role };
      }
      const member = { ...who, ...versions, role: randomUUID(), grants: role };
      await newRole(world, member, member.role);
      await newAgent(who, { id: who.agentId, ...columns(member) });
      await newSession(world, member);
      return member;
    },
    tokenOf: async (who, ACCESS_TOKEN_TTL_S) => {
      const tokens = new AccessTokenService({ ...stack.config, ACCESS_TOKEN_TTL_S }, keys);
      return (await tokens.issue(who)).accessToken;
    },
    ask: (contract, request, token) => stack.rpc.call(contract, request, { token }),
    async stop() {
      await rows.close();
      await stack.close();
    },
  };
  return world;

  async function newAgent({ tenantId }: Pick<Who, 'tenantId'>, agent: { id: string; role: string }) {
    const account = { email: emailOf(agent.id), password_hash: await passwordHash };
    await rows.insert('agent', { tenant_id: tenantId, name: 'Somebody', ...account, ...agent });
  }
}

const emailOf = (agentId: string) => `${agentId}@matrix.test`;
const columns = (who: Pick<Who, 'role'>) => {
  const { role, roleId } = columnsOf(who.role);
  return { role, role_id: roleId };
};

/** One whom `who` may give and take what they have: in the same role, or in the least of those that everybody has. */
async function newColleague({ rows }: MatrixWorld, who: Who, more: object = {}): Promise<string> {
  const id = randomUUID();
  const role = isBuiltIn(who.role) ? { role: 'agent' } : columns(who);
  const agent = { id, tenant_id: who.tenantId, name: 'A colleague', email: emailOf(id), ...role, ...more };
  await rows.insert('agent', { password_hash: await passwordHash, ...agent });
  return id;
}

/** One that is in the audit trail, as whoever did something and as whom it was done to. */
async function newAudited(world: MatrixWorld, who: Who): Promise<string> {
  const id = await newColleague(world, who);
  const [by, target] = [
    { actor_kind: 'agent', actor_id: id },
    { target_kind: 'agent', target_id: id },
  ];
  await world.rows.insert('audit_entry', {
    tenant_id: who.tenantId,
    action: 'agent.updated',
    ...by,
    ...target,
  });
  return id;
}

async function newTeam({ rows }: MatrixWorld, { tenantId }: Who): Promise<string> {
  const id = randomUUID();
  await rows.insert('team', { id, tenant_id: tenantId, name: `Team ${id}` });
  return id;
}

/** One that allows nothing that `who` may not do. */
async function newRole({ rows }: MatrixWorld, who: Who, id: string = randomUUID()): Promise<string> {
  const grants = isBuiltIn(who.role) ? { 'team.read': 'all' } : who.grants;
  await rows.insert('role', { id, tenant_id: who.tenantId, name: `Role ${id}`, grants });
  return id;
}

async function newSession({ rows }: MatrixWorld, who: Who, id: string = who.sessionId): Promise<string> {
  const session = { id, tenant_id: who.tenantId, agent_id: who.agentId, expires_at: TOMORROW };
  await rows.insert('session', session);
  return id;
}

async function newInvited(world: MatrixWorld, who: Who): Promise<string> {
  const nobodyYet = { status: 'invited', password_hash: null, password_set_at: null };
  return newColleague(world, who, nobodyYet);
}

async function newInvitation(world: MatrixWorld, who: Who): Promise<{ token: string }> {
  const token = newToken();
  const agent_id = await newInvited(world, who);
  const invitation = { hash: digest(token), tenant_id: who.tenantId, agent_id, expires_at: TOMORROW };
  await world.rows.insert('invitation', invitation);
  return { token };
}

async function newRefreshToken({ rows }: MatrixWorld, who: Who): Promise<{ refreshToken: string }> {
  const refreshToken = newToken();
  const { sessionId: session_id, tenantId: tenant_id } = who;
  await rows.insert('refresh_token', { hash: digest(refreshToken), session_id, tenant_id });
  return { refreshToken };
}

async function newMembership(world: MatrixWorld, who: Who): Promise<{ teamId: string; agentId: string }> {
  const member = { teamId: await newTeam(world, who), agentId: await newColleague(world, who) };
  const ids = { team_id: member.teamId, agent_id: member.agentId, tenant_id: who.tenantId };
  await world.rows.insert('team_member', ids);
  return member;
}

/** One that allows nothing that whoever may make keys may not do. */
async function newApiKey({ rows }: MatrixWorld, who: Who): Promise<{ apiKeyId: string; key: string }> {
  const apiKeyId = randomUUID();
  const { key, hash } = newKey(apiKeyId);
  await rows.insert('api_key', {
    ...{ id: apiKeyId, tenant_id: who.tenantId, name: 'Sync', hash, permissions: ['template.read'] },
    ...{ created_by: who.agentId, expires_at: TOMORROW },
  });
  return { apiKeyId, key };
}

async function newSecondFactor(world: MatrixWorld, who: Who): Promise<{ agentId: string }> {
  const agentId = await newColleague(world, who);
  const factor = { id: randomUUID(), tenant_id: who.tenantId, agent_id: agentId };
  await world.rows.insert('mfa_totp', { ...factor, seed: Buffer.of(1), confirmed_at: new Date() });
  return { agentId };
}

async function newHandOver(world: MatrixWorld, who: Who): Promise<{ agentId: string }> {
  const agentId = await newColleague(world, who);
  await world.rows.insert('hand_over', { agent_id: agentId, tenant_id: who.tenantId, version: 1 });
  return { agentId };
}

async function newReset({ rows }: MatrixWorld, { agentId, tenantId }: Who): Promise<{ token: string }> {
  const token = newToken();
  const reset = { agent_id: agentId, tenant_id: tenantId, hash: digest(token), expires_at: TOMORROW };
  await rows.insert('password_reset', reset);
  return { token };
}

async function newConnection({ rows }: MatrixWorld, { tenantId }: Who): Promise<object> {
  await rows.insert('sso_connection', {
    ...{ tenant_id: tenantId, issuer: 'https://login.kopi.example', client_id: 'waba-scrm' },
    ...{ client_secret: Buffer.of(1), domains: ['kopi.example'], enabled: false, enforced: false },
  });
  return {};
}

/** What a role may be given by `who`: nothing that they do not have. */
const ownGrants = (who: Who) => (isBuiltIn(who.role) ? {} : { grants: grantsOf(who) });

describe('what people ask of user', () => {
  testAccess({
    handlers: rpcHandlers(path.join(__dirname, '../src'), RPC_METADATA),
    start,
    ids: {
      actorId: newAudited,
      agentId: newColleague,
      apiKeyId: async (world, who) => (await newApiKey(world, who)).apiKeyId,
      'handOver.agentId': newColleague,
      'handOver.teamId': newTeam,
      'mfaRequiredRoles.*': (world, who) => newRole(world, who),
      role: (world, who) => newRole(world, who),
      roleId: (world, who) => newRole(world, who),
      targetId: newAudited,
      teamId: newTeam,
      which: (world, who) => newSession(world, who, randomUUID()),
    },
    requests: {
      'user.agent-hand-over.get.v1': newHandOver,
      'user.agent.create.v1': () => ({ email: `${randomUUID()}@matrix.test` }),
      'user.agent.invite.v1': async (world, who) => ({ agentId: await newInvited(world, who) }),
      'user.api-key.create.v1': () => ({ permissions: ['template.read'] }),
      'user.api-key.exchange.v1': newApiKey,
      'user.api-key.list.v1': async (world, who) => {
        await newApiKey(world, who);
        return {};
      },
      'user.invitation.accept.v1': newInvitation,
      'user.invitation.get.v1': newInvitation,
      'user.mfa.enrol.v1': () => ({ currentPassword: PASSWORD }),
      'user.mfa.reset.v1': newSecondFactor,
      'user.password-reset.confirm.v1': newReset,
      'user.password.change.v1': () => ({ currentPassword: PASSWORD }),
      'user.role.create.v1': (_, who) => ownGrants(who),
      'user.role.update.v1': (_, who) => ownGrants(who),
      'user.session.create.v1': (_, { agentId }) => ({ email: emailOf(agentId), password: PASSWORD }),
      'user.session.refresh.v1': newRefreshToken,
      'user.sso-connection.delete.v1': newConnection,
      'user.sso-connection.get.v1': newConnection,
      'user.team-member.list.v1': newMembership,
      'user.team-member.remove.v1': newMembership,
      'user.tenant.update.v1': () => ({ version: 1 }),
    },
    changes: {
      public: ['agent', 'api_key', 'invitation', 'password_reset', 'refresh_token', 'session'],
      'signed-in': ['agent', 'agent_presence', 'mfa_totp', 'session'],
      'agent.invite': ['agent', 'invitation'],
      'agent.update': ['agent', 'hand_over', 'mfa_totp', 'session'],
      'api-key.manage': ['api_key'],
      'role.manage': ['role', 'agent'],
      'security.manage': ['tenant'],
      'sso.manage': ['sso_connection'],
      'tenant.manage': ['tenant'],
      'team.manage': ['team', 'team_member', 'agent'],
    },
    beside: { 'handOver.agentId': { to: 'agent' }, 'handOver.teamId': { to: 'team' } },
    notOurs: { clientId: 'what we are called at the identity provider' },
    shared: ['tenant_key'],
    unanswered: {
      'user.mfa-challenge.confirm.v1': 'challenge_over',
      'user.mfa-challenge.enrol.v1': 'challenge_over',
      'user.mfa.confirm.v1': 'conflict',
      'user.mfa.remove.v1': 'conflict',
      'user.password-reset.create.v1': 'no_mail',
      'user.recovery-code.create.v1': 'conflict',
      'user.session.complete.v1': 'challenge_over',
      'user.sso-connection.put.v1': 'no_sso',
      'user.sso-sign-in.finish.v1': 'sso_over',
      'user.sso-sign-in.start.v1': 'no_sso',
    },
    taken: {},
  });
});

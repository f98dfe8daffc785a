import {
  accessAuditExport,
  accessAuditList,
  agentCreate,
  agentInvite,
  agentUpdate,
  invitationAccept,
  passwordChange,
  roleCreate,
  roleDelete,
  roleUpdate,
  sessionRefresh,
  sessionRevoke,
  teamCreate,
  teamDelete,
  teamMemberPut,
  teamMemberRemove,
  teamUpdate,
  type AuditEntryView,
  type RpcRequest,
} from '@scrm/contracts';
import { verifyAudit } from '@scrm/database';
import { withTrace } from '@scrm/platform';
import jwt from 'jsonwebtoken';
import { createTenant, setTenantStatus } from '../src/tenant/tenant.operator';
import {
  admin,
  agent,
  asRole,
  demo,
  leader,
  PROVISIONING_ROLE,
  startUserStack,
  stranger,
  SYSTEM_ROLE,
  type UserStack,
} from './stack';

let stack: UserStack;
let token: string;

beforeAll(async () => {
  stack = await startUserStack();
  token = (await stack.signIn(admin)).accessToken;
});
afterAll(() => stack.close());

const trail = async (query: RpcRequest<typeof accessAuditList> = {}, by = token) =>
  (await stack.rpc.call(accessAuditList, query, { token: by })).items;
const headOf = async () => (await trail({ limit: 1 }))[0]?.seq ?? 0;
/** What came into the trail by it, the oldest first. */
async function told(work: () => Promise<unknown>): Promise<AuditEntryView[]> {
  const before = await headOf();
  await work();
  return (await trail({ limit: 100 })).filter(({ seq }) => seq > before).reverse();
}
const brief = ({ action, target, before, after, actor }: AuditEntryView) => ({
  ...{ action, target: `${target.kind} ${target.id}`, by: actor.id, before, after },
});
const sidOf = (accessToken: string) => (jwt.decode(accessToken) as { sid: string }).sid;

describe('in the audit trail', () => {
  it('is where from somebody did something', async () => {
    const origin = { ip: '203.0.113.9', userAgent: 'Console' };
    const trace = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), origin };
    const [entry] = await told(() =>
      withTrace(trace, () => stack.rpc.call(teamCreate, { name: 'Returns' }, { token })),
    );
    expect(entry).toMatchObject({
      ...origin,
      traceId: trace.traceId,
      actor: { kind: 'agent', id: admin.id },
    });
  });

  it('are teams and who is in them', async () => {
    let id!: string;
    const entries = await told(async () => {
      ({ id } = await stack.rpc.call(teamCreate, { name: 'Night' }, { token }));
      await stack.rpc.call(teamUpdate, { teamId: id, name: 'Late' }, { token });
      await stack.rpc.call(teamUpdate, { teamId: id, name: 'Late' }, { token });
      const member = { teamId: id, agentId: agent.id };
      await stack.rpc.call(teamMemberPut, { ...member, leader: false }, { token });
      await stack.rpc.call(teamMemberPut, { ...member, leader: false }, { token });
      await stack.rpc.call(teamMemberPut, { ...member, leader: true }, { token });
      await stack.rpc.call(teamMemberRemove, member, { token });
      await stack.rpc.call(teamDelete, { teamId: id }, { token });
    });
    const [team, of] = [`team ${id}`, `agent ${agent.id}`];
    const by = admin.id;
    expect(entries.map(brief)).toEqual([
      { action: 'team.created', target: team, by, before: null, after: { name: 'Night' } },
      { action: 'team.updated', target: team, by, before: { name: 'Night' }, after: { name: 'Late' } },
      { action: 'team-member.added', target: of, by, before: null, after: { teamId: id, leader: false } },
      {
        ...{ action: 'team-member.updated', target: of, by },
        ...{ before: { leader: false }, after: { teamId: id, leader: true } },
      },
      { action: 'team-member.removed', target: of, by, before: { teamId: id, leader: true }, after: null },
      { action: 'team.deleted', target: team, by, before: { name: 'Late', members: [] }, after: null },
    ]);
  });

  it('are agents, from their invitation on', async () => {
    let agentId!: string;
    const entries = await told(async () => {
      const created = await stack.rpc.call(
        agentCreate,
        { name: 'Sari', email: 'sari@demo.test', role: 'agent' },
        { token },
      );
      ({ agentId } = created);
      const again = await stack.rpc.call(agentInvite, { agentId }, { token });
      await stack.rpc.call(invitationAccept, { token: again.token, password: 'orchard-lantern-42' });
      await stack.rpc.call(agentUpdate, { agentId, role: 'leader', name: 'Sari' }, { token });
      await stack.rpc.call(agentUpdate, { agentId, status: 'deactivated' }, { token });
    });
    const target = `agent ${agentId}`;
    const by = admin.id;
    expect(entries.map(brief)).toEqual([
      { action: 'agent.invited', target, by, before: null, after: { name: 'Sari', role: 'agent' } },
      { action: 'invitation.renewed', target, by, before: null, after: null },
      { action: 'invitation.accepted', target, by: agentId, before: null, after: null },
      { action: 'agent.updated', target, by, before: { role: 'agent' }, after: { role: 'leader' } },
      { action: 'agent.updated', target, by, before: { status: 'active' }, after: { status: 'deactivated' } },
    ]);
  });

  it('are roles', async () => {
    const grants = { 'team.read': 'all' } as const;
    let id!: string;
    const entries = await told(async () => {
      ({ id } = await stack.rpc.call(roleCreate, { name: 'Seer', grants }, { token }));
      await stack.rpc.call(roleUpdate, { roleId: id, grants: { 'agent.read': 'all' } }, { token });
      await stack.rpc.call(roleDelete, { roleId: id }, { token });
    });
    const next = { 'agent.read': 'all' };
    expect(entries.map((entry) => [entry.action, entry.before, entry.after])).toEqual([
      ['role.created', null, { name: 'Seer', grants }],
      ['role.updated', { grants }, { grants: next }],
      ['role.deleted', { name: 'Seer', grants: next }, null],
    ]);
  });

  it('is who came in, who left, and who was thrown out', async () => {
    const account = demo.agents[3]!;
    let session!: string;
    let stolen!: string;
    const entries = await told(async () => {
      const first = await stack.signIn(account);
      session = sidOf(first.accessToken);
      await stack.rpc.call(sessionRevoke, { which: 'current' }, { token: first.accessToken });
      const second = await stack.signIn(account);
      stolen = sidOf(second.accessToken);
      await stack.rpc.call(sessionRefresh, { refreshToken: second.refreshToken });
      await stack.ageRefreshTokens();
      const reuse = stack.rpc.call(sessionRefresh, { refreshToken: second.refreshToken });
      await expect(reuse).rejects.toMatchObject({ code: 'unauthenticated' });
      const third = await stack.signIn(account);
      const [currentPassword, newPassword] = [account.password, 'velvet-harbour-19'];
      await stack.rpc.call(passwordChange, { currentPassword, newPassword }, { token: third.accessToken });
    });
    expect(entries.map(({ action, actor, after }) => [action, actor.kind, after])).toEqual([
      ['session.created', 'agent', null],
      ['session.ended', 'agent', { sessionIds: [session] }],
      ['session.created', 'agent', null],
      ['session.ended', 'system', { sessionIds: [stolen], reason: 'a used refresh token came again' }],
      ['session.created', 'agent', null],
      ['password.changed', 'agent', null],
    ]);
    expect(entries[0]!.target).toEqual({ kind: 'session', id: session });
  });

  it('is nothing that failed, and no secret', async () => {
    const entries = await told(async () => {
      const attempts = [
        stack.signIn({ ...leader, password: 'wrong' }),
        stack.rpc.call(teamCreate, { name: demo.teams[0]!.name }, { token }),
        stack.rpc.call(agentUpdate, { agentId: admin.id, role: 'agent' }, { token }),
      ];
      for (const { status } of await Promise.allSettled(attempts)) expect(status).toBe('rejected');
    });
    expect(entries).toEqual([]);
    const everything = JSON.stringify(await trail({ limit: 500 }));
    expect(everything).not.toMatch(/orchard-lantern|velvet-harbour|argon2/);
  });

  it('are the operator’s commands', async () => {
    await asRole(stack.databaseUrl, PROVISIONING_ROLE, async (db) => {
      const { tenantId, agentId } = await createTenant(db, 'New shop', 'owner@new.test');
      await setTenantStatus(db, tenantId, 'suspended');
      await setTenantStatus(db, tenantId, 'suspended');
      await setTenantStatus(db, tenantId, 'active');
      const rows = await stack.query(
        'SELECT actor_kind, action, after FROM audit_entry WHERE tenant_id = $1 ORDER BY seq',
        [tenantId],
      );
      expect(rows).toEqual([
        { actor_kind: 'operator', action: 'tenant.created', after: { name: 'New shop', adminId: agentId } },
        { actor_kind: 'operator', action: 'tenant.suspended', after: null },
        { actor_kind: 'operator', action: 'tenant.resumed', after: null },
      ]);
    });
  });

  it('is that somebody exports it', async () => {
    const [entry] = await told(() => stack.rpc.call(accessAuditExport, { actorId: agent.id }, { token }));
    expect(entry).toMatchObject({ action: 'audit.exported', after: { actorId: agent.id } });
  });
});

describe('the audit trail', () => {
  it('is read by admins and auditors, and by nobody else', async () => {
    for (const account of [agent, leader]) {
      const { accessToken } = await stack.signIn(account);
      await expect(trail({}, accessToken)).rejects.toMatchObject({ code: 'forbidden' });
    }
    await stack.rpc.call(agentUpdate, { agentId: leader.id, role: 'auditor' }, { token });
    const { accessToken } = await stack.signIn(leader);
    await expect(trail({ limit: 1 }, accessToken)).resolves.toHaveLength(1);
    const create = stack.rpc.call(teamCreate, { name: 'Audited' }, { token: accessToken });
    await expect(create).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('shows nothing of another tenant', async () => {
    await stack.asAdmin(stranger.agents[0]!.id);
    const { accessToken } = await stack.signIn(stranger.agents[0]!);
    const theirs = await trail({ limit: 500 }, accessToken);
    expect(theirs.map(({ actor }) => actor.id)).toEqual([stranger.agents[0]!.id]);
  });

  it('is whole', async () => {
    const verdict = await asRole(stack.databaseUrl, SYSTEM_ROLE, (db) => verifyAudit(db, demo.tenant.id));
    expect(verdict).toMatchObject({ ok: true, entries: await headOf() });
    expect(verdict.entries).toBeGreaterThan(20);
  });
});

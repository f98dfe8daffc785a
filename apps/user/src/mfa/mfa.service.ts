import { Injectable } from '@nestjs/common';
import type { mfaRemove, MfaView, Principal, Revocation, RpcRequest, TotpSeed } from '@scrm/contracts';
import { actorOf, KeyVault, recordAudit } from '@scrm/database';
import { AppError } from '@scrm/platform';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { endAgentTokens, endSessionsOf } from '../access/access.repository';
import { AccessService } from '../access/access.service';
import { lockAgent } from '../agent/agent.repository';
import { PasswordCheckService } from '../password/password-check.service';
import {
  confirmFactor,
  deleteFactor,
  insertFactor,
  MfaRepository,
  replaceRecoveryCodes,
} from './mfa.repository';
import { ABOVE, mustHold } from '../role/rights';
import { readGrants } from '../role/role.repository';
import { newRecoveryCodes, recoveryHash } from './recovery-code';
import { SecondFactorService, seedPlace } from './second-factor.service';
import { newSeed, uriOf } from './totp';

/** Whose second factor it is; a session of theirs goes on. */
export interface Owner {
  tenantId: string;
  agentId: string;
  sessionId?: string;
}
interface Typed {
  code: string;
  ip?: string | undefined;
}
type Proof = RpcRequest<typeof mfaRemove>;

@Injectable()
export class MfaService {
  constructor(
    private readonly repository: MfaRepository,
    private readonly factors: SecondFactorService,
    private readonly passwords: PasswordCheckService,
    private readonly vault: KeyVault,
    private readonly access: AccessService,
  ) {}

  async view({ tenantId, agentId }: Owner): Promise<MfaView> {
    const state = await this.repository.state(tenantId, agentId);
    if (!state) throw new AppError('unauthenticated', 'This account can no longer sign in.');
    const { enabledAt, left, required } = state;
    return { enabledAt: enabledAt?.toISOString() ?? null, recoveryCodesLeft: left, required };
  }

  /** For whoever just gave their password. @throws AppError conflict, where they have one */
  async enrol({ tenantId, agentId }: Owner): Promise<TotpSeed> {
    const [id, secret] = [uuidv7(), newSeed()];
    const seed = await this.vault.seal(secret, seedPlace(tenantId, id));
    const isNew = await this.repository.inTenant(tenantId, async (manager) => {
      await lockAgent(manager, agentId);
      return insertFactor(manager, { id, tenantId, agentId, seed });
    });
    if (!isNew) throw new AppError('conflict', 'You have a second factor already: remove it first.');
    const { email, tenantName } = await this.repository.labels(agentId);
    return { secret, uri: uriOf(secret, { issuer: tenantName, label: email }) };
  }

  /** @throws AppError invalid_credentials, too_many_requests, conflict */
  async enrolSignedIn(owner: Owner, currentPassword: string, ip?: string): Promise<TotpSeed> {
    await this.passwords.check(owner, currentPassword, ip);
    return this.enrol(owner);
  }

  /**
   * @param stillMay throws where they may not any more; asked while nobody else changes the agent
   * @returns the recovery codes
   * @throws AppError invalid_code, too_many_requests, conflict
   */
  async confirm(owner: Owner, typed: Typed, stillMay?: () => Promise<void>): Promise<string[]> {
    const { tenantId, agentId, sessionId } = owner;
    const factor = await this.repository.factor(agentId);
    if (!factor || factor.isConfirmed)
      throw new AppError('conflict', 'There is nothing to confirm: ask for a new seed first.');
    const step = await this.factors.stepFor(agentId, factor, typed);
    const codes = newRecoveryCodes();
    const ended = await this.repository.inTenant(tenantId, async (manager) => {
      await lockAgent(manager, agentId);
      await stillMay?.();
      if (!(await confirmFactor(manager, factor.id, step)))
        throw new AppError('conflict', 'It was confirmed at the same moment.');
      await replaceRecoveryCodes(manager, owner, hashesOf(codes));
      const over = await endSessionsOf(manager, tenantId, [agentId], sessionId);
      await record(manager, owner, 'mfa.enabled');
      return over;
    });
    await this.access.announce(ended);
    return codes;
  }

  /** @throws AppError invalid_credentials, invalid_code, too_many_requests, conflict */
  async remove(owner: Owner, proof: Proof): Promise<MfaView> {
    const { enabledAt, required } = await this.view(owner);
    if (!enabledAt) throw new AppError('conflict', 'You have no second factor.');
    if (required) throw new AppError('conflict', 'Your role must have a second factor.');
    await this.prove(owner, proof);
    await this.repository.inTenant(owner.tenantId, async (manager) => {
      if (await deleteFactor(manager, owner.agentId)) await record(manager, owner, 'mfa.removed');
    });
    return this.view(owner);
  }

  /** New ones, in place of those before. @throws AppError as {@link remove} */
  async renewRecoveryCodes(owner: Owner, proof: Proof): Promise<string[]> {
    if (!(await this.view(owner)).enabledAt) throw new AppError('conflict', 'You have no second factor.');
    await this.prove(owner, proof);
    const codes = newRecoveryCodes();
    await this.repository.inTenant(owner.tenantId, async (manager) => {
      await lockAgent(manager, owner.agentId);
      await replaceRecoveryCodes(manager, owner, hashesOf(codes));
      await record(manager, owner, 'mfa.recovery-codes-renewed');
    });
    return codes;
  }

  /** Another agent's, who lost theirs: they are signed out. @throws AppError forbidden, not_found, conflict */
  async reset(principal: Principal, agentId: string): Promise<MfaView> {
    if (agentId === principal.agentId)
      throw new AppError(
        'forbidden',
        'Nobody resets their own second factor: remove it, or ask another admin.',
      );
    const ended = await this.repository.inTenant(principal.tenantId, async (manager): Promise<Revocation> => {
      const agent = await lockAgent(manager, agentId);
      if (!agent) throw new AppError('not_found', 'There is no such agent.');
      mustHold(principal, await readGrants(manager, agent), ABOVE);
      if (!(await deleteFactor(manager, agentId)))
        throw new AppError('conflict', 'This agent has no second factor.');
      await endSessionsOf(manager, principal.tenantId, [agentId]);
      const over = await endAgentTokens(manager, agentId);
      await record(manager, principal, 'mfa.reset', agentId);
      return over;
    });
    await this.access.announce([ended]);
    return this.view({ tenantId: principal.tenantId, agentId });
  }

  private async prove(owner: Owner, { currentPassword, code, ip }: Proof): Promise<void> {
    if ((currentPassword === undefined) === (code === undefined))
      throw new AppError('invalid_request', 'Give either your current password or a code.');
    if (code === undefined) await this.passwords.check(owner, currentPassword!, ip);
    else await this.factors.use(owner.agentId, { code, ip });
  }
}

const record = (manager: EntityManager, by: Owner, action: string, agentId = by.agentId) =>
  recordAudit(manager, { by: actorOf(by), action, target: { kind: 'agent', id: agentId } });

const hashesOf = (codes: string[]) => codes.map((code) => recoveryHash(code)!);

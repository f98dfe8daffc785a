import { Injectable } from '@nestjs/common';
import {
  ROLE_GRANTS,
  type Principal,
  type RpcRequest,
  type ssoConnectionPut,
  type SsoConnectionView,
} from '@scrm/contracts';
import { actorOf, difference, KeyVault, recordAudit } from '@scrm/database';
import { AppError } from '@scrm/platform';
import type { EntityManager } from 'typeorm';
import { AccessService } from '../access/access.service';
import { mustHold } from '../role/rights';
import { ProviderClient } from './provider.client';
import {
  deleteConnection,
  endSsoSessions,
  findConnection,
  saveConnection,
  SsoConnectionRepository,
} from './sso-connection.repository';
import { SsoSettings } from './sso-settings';

@Injectable()
export class SsoConnectionService {
  constructor(
    private readonly repository: SsoConnectionRepository,
    private readonly settings: SsoSettings,
    private readonly provider: ProviderClient,
    private readonly vault: KeyVault,
    private readonly access: AccessService,
  ) {}

  /** @throws AppError not_found */
  get({ tenantId }: Principal): Promise<SsoConnectionView> {
    return this.repository.inTenant(tenantId, async (manager) =>
      this.view(await findConnection(manager, tenantId)),
    );
  }

  /** @throws AppError no_sso, forbidden, invalid_request */
  async put(
    principal: Principal,
    { clientSecret, ...wanted }: RpcRequest<typeof ssoConnectionPut>,
  ): Promise<SsoConnectionView> {
    const { tenantId } = principal;
    this.settings.required();
    mustHold(principal, ROLE_GRANTS.admin, AS_ANYBODY);
    const problem = this.provider.issuerProblem(wanted.issuer);
    if (problem) throw new AppError('invalid_request', problem);
    const sealed =
      clientSecret === undefined ? null : await this.vault.seal(clientSecret, secretPlace(tenantId));
    const { view, ended } = await this.repository.inTenant(tenantId, async (manager) => {
      const before = await findConnection(manager, tenantId);
      // The secret of one provider is not for another to see.
      const isSame = before?.issuer === wanted.issuer && before.clientId === wanted.clientId;
      if (!sealed && !isSame)
        throw new AppError('invalid_request', 'A new issuer or client needs its secret: send clientSecret.');
      await saveConnection(manager, { tenantId, ...wanted }, sealed);
      const view = this.view(await findConnection(manager, tenantId));
      const told = difference(before ? this.view(before) : {}, {
        ...view,
        ...(sealed && { clientSecret: 'replaced' }),
      });
      // Who came in by another provider, or by one that is not trusted any more, comes in anew.
      const over = before?.enabled && !(isSame && view.enabled) ? await endSsoSessions(manager) : [];
      if (told) await record(manager, principal, { action: 'sso-connection.updated', ...told });
      return { view, ended: over };
    });
    await this.access.announce(ended);
    return view;
  }

  /** @throws AppError not_found */
  async delete(principal: Principal): Promise<SsoConnectionView> {
    const { tenantId } = principal;
    const { view, ended } = await this.repository.inTenant(tenantId, async (manager) => {
      const before = this.view(await findConnection(manager, tenantId));
      await deleteConnection(manager, tenantId);
      const over = await endSsoSessions(manager);
      await record(manager, principal, { action: 'sso-connection.deleted', before });
      return { view: before, ended: over };
    });
    await this.access.announce(ended);
    return view;
  }

  private view(found: Omit<SsoConnectionView, 'redirectUri'> | null): SsoConnectionView {
    if (!found) throw new AppError('not_found', 'There is no single sign-on of this business.');
    const { issuer, clientId, domains, enabled, enforced } = found;
    return { issuer, clientId, domains, enabled, enforced, redirectUri: this.provider.redirectUri };
  }
}

/** Whoever names the provider can have it say that they are any agent, admins included. */
const AS_ANYBODY = 'The identity provider says who is who, admins included: ask one of them to set it up.';

/** Where the secret is kept, of which there is one for each tenant. */
export const secretPlace = (tenantId: string) => ({
  tenantId,
  column: 'sso_connection.client_secret',
  rowId: tenantId,
});

const record = (
  manager: EntityManager,
  principal: Principal,
  told: { action: string; before?: object; after?: object },
) =>
  recordAudit(manager, {
    by: actorOf(principal),
    target: { kind: 'tenant', id: principal.tenantId },
    ...told,
  });

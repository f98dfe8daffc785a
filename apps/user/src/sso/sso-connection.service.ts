import { Injectable } from '@nestjs/common';
import type { Principal, RpcRequest, ssoConnectionPut, SsoConnectionView } from '@scrm/contracts';
import { actorOf, difference, KeyVault, recordAudit } from '@scrm/database';
import { AppError } from '@scrm/platform';
import type { EntityManager } from 'typeorm';
import { ProviderClient } from './provider.client';
import {
  deleteConnection,
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
  ) {}

  /** @throws AppError not_found */
  get({ tenantId }: Principal): Promise<SsoConnectionView> {
    return this.repository.inTenant(tenantId, async (manager) =>
      this.view(await findConnection(manager, tenantId)),
    );
  }

  /** @throws AppError no_sso, invalid_request */
  async put(
    principal: Principal,
    { clientSecret, ...wanted }: RpcRequest<typeof ssoConnectionPut>,
  ): Promise<SsoConnectionView> {
    const { tenantId } = principal;
    this.settings.required();
    const problem = this.provider.issuerProblem(wanted.issuer);
    if (problem) throw new AppError('invalid_request', problem);
    const sealed =
      clientSecret === undefined ? null : await this.vault.seal(clientSecret, secretPlace(tenantId));
    return this.repository.inTenant(tenantId, async (manager) => {
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
      if (told) await record(manager, principal, { action: 'sso-connection.updated', ...told });
      return view;
    });
  }

  /** @throws AppError not_found */
  delete(principal: Principal): Promise<SsoConnectionView> {
    const { tenantId } = principal;
    return this.repository.inTenant(tenantId, async (manager) => {
      const view = this.view(await findConnection(manager, tenantId));
      await deleteConnection(manager, tenantId);
      await record(manager, principal, { action: 'sso-connection.deleted', before: view });
      return view;
    });
  }

  private view(found: Omit<SsoConnectionView, 'redirectUri'> | null): SsoConnectionView {
    if (!found) throw new AppError('not_found', 'There is no single sign-on of this business.');
    const { issuer, clientId, domains, enabled, enforced } = found;
    return { issuer, clientId, domains, enabled, enforced, redirectUri: this.provider.redirectUri };
  }
}

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

import { Injectable } from '@nestjs/common';
import type { Principal, RpcRequest, ssoConnectionPut, SsoConnectionView } from '@scrm/contracts';
import { AppError } from '@scrm/platform';
import { ProviderClient } from './provider.client';
import { SecretSeal } from './secret-seal';
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
    private readonly seal: SecretSeal,
  ) {}

  /** @throws AppError not_found */
  get({ tenantId }: Principal): Promise<SsoConnectionView> {
    return this.repository.inTenant(tenantId, async (manager) =>
      this.view(await findConnection(manager, tenantId)),
    );
  }

  /** @throws AppError no_sso, invalid_request */
  async put(
    { tenantId }: Principal,
    { clientSecret, ...wanted }: RpcRequest<typeof ssoConnectionPut>,
  ): Promise<SsoConnectionView> {
    this.settings.required();
    const problem = this.provider.issuerProblem(wanted.issuer);
    if (problem) throw new AppError('invalid_request', problem);
    const sealed = clientSecret === undefined ? null : await this.seal.seal(tenantId, clientSecret);
    return this.repository.inTenant(tenantId, async (manager) => {
      const before = await findConnection(manager, tenantId);
      // The secret of one provider is not for another to see.
      const isSame = before?.issuer === wanted.issuer && before.clientId === wanted.clientId;
      if (!sealed && !isSame)
        throw new AppError('invalid_request', 'A new issuer or client needs its secret: send clientSecret.');
      await saveConnection(manager, { tenantId, ...wanted }, sealed);
      return this.view(await findConnection(manager, tenantId));
    });
  }

  /** @throws AppError not_found */
  delete({ tenantId }: Principal): Promise<SsoConnectionView> {
    return this.repository.inTenant(tenantId, async (manager) => {
      const view = this.view(await findConnection(manager, tenantId));
      await deleteConnection(manager, tenantId);
      return view;
    });
  }

  private view(found: Omit<SsoConnectionView, 'redirectUri'> | null): SsoConnectionView {
    if (!found) throw new AppError('not_found', 'There is no single sign-on of this business.');
    const { issuer, clientId, domains, enabled, enforced } = found;
    return { issuer, clientId, domains, enabled, enforced, redirectUri: this.provider.redirectUri };
  }
}

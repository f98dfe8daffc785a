import { Injectable } from '@nestjs/common';
import type { Principal, tenantUpdate, TenantView } from '@scrm/contracts';
import { actorOf, difference, recordAudit } from '@scrm/database';
import { AppError } from '@scrm/platform';
import type { z } from 'zod';
import type { Tenant } from './tenant.entity';
import { changeTenant, findTenant, TenantRepository } from './tenant.repository';

@Injectable()
export class TenantService {
  constructor(private readonly tenants: TenantRepository) {}

  get({ tenantId }: Principal): Promise<TenantView> {
    return this.tenants.inTenant(tenantId, async (manager) => toView(await findTenant(manager, tenantId)));
  }

  /** @throws AppError conflict, where somebody was faster; invalid_request */
  update(
    principal: Principal,
    { version, ...change }: z.output<typeof tenantUpdate.request>,
  ): Promise<TenantView> {
    const { tenantId } = principal;
    return this.tenants.inTenant(tenantId, async (manager) => {
      const before = await findTenant(manager, tenantId);
      checkRetention({ ...before, ...change });
      if (!(await changeTenant(manager, { id: tenantId, version }, change)))
        throw new AppError(
          'conflict',
          'Somebody else has changed the settings since: read them again, and then change them.',
        );
      const view = toView(await findTenant(manager, tenantId));
      const told = difference(toView(before), view);
      const target = { kind: 'tenant', id: tenantId };
      if (told)
        await recordAudit(manager, { by: actorOf(principal), action: 'tenant.updated', target, ...told });
      return view;
    });
  }
}

function checkRetention({ messageRetentionDays: messages, mediaRetentionDays: media }: Partial<Tenant>) {
  if (!messages || !media || media <= messages) return;
  const message = 'must not be longer than messages are kept';
  throw new AppError('invalid_request', `mediaRetentionDays ${message}.`, [
    { path: 'mediaRetentionDays', message },
  ]);
}

function toView(tenant: Tenant): TenantView {
  const { id, name, timeZone, languages, workingHours, specialDays, version } = tenant;
  const { messageRetentionDays, mediaRetentionDays } = tenant;
  return {
    ...{ id, name, timeZone, languages, workingHours, specialDays },
    ...{ messageRetentionDays, mediaRetentionDays, version },
  };
}

import { grantsOf, isWithin, type Grants, type Principal, type Role } from '@scrm/contracts';
import { AppError } from '@scrm/platform';
import type { EntityManager } from 'typeorm';
import { keepGrants } from './role.repository';

/** Nobody gives, or takes from others, what they do not have. @throws AppError forbidden */
export function mustHold(principal: Principal, grants: Grants, otherwise: string): void {
  if (!isWithin(grants, grantsOf(principal))) throw new AppError('forbidden', otherwise);
}

export const TOO_MUCH = 'Nobody gives what they may not do themselves: ask somebody who may.';
export const ABOVE = 'They may do what you may not: ask somebody who may, too.';

/** The role stays as it is until the end of the transaction. @throws AppError not_found, forbidden */
export async function mayGive(manager: EntityManager, principal: Principal, role: Role): Promise<void> {
  const grants = await keepGrants(manager, role);
  if (!grants) throw noSuchRole();
  mustHold(principal, grants, TOO_MUCH);
}

export const noSuchRole = () => new AppError('not_found', 'There is no such role.');

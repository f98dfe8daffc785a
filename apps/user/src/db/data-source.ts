import { createDataSource } from '@scrm/database';
import type { DataSource } from 'typeorm';
import { Agent } from '../agent/agent.entity';
import { AgentSkill } from '../agent/agent-skill.entity';
import { Invitation } from '../invitation/invitation.entity';
import { RefreshToken } from '../session/refresh-token.entity';
import { Session } from '../session/session.entity';
import { SigningKey } from '../signing-key/signing-key.entity';
import { SignInAttempt } from '../sign-in/sign-in-attempt.entity';
import { TeamMember } from '../team/team-member.entity';
import { Team } from '../team/team.entity';
import { Tenant } from '../tenant/tenant.entity';
import { Initial1763800000000 } from './migrations/1763800000000-initial';

import { Access1764000000000 } from './migrations/1764000000000-access';
import { Teams1764100000000 } from './migrations/1764100000000-teams';
import { SignIn1764200000000 } from './migrations/1764200000000-sign-in';
import { Invitation1764300000000 } from './migrations/1764300000000-invitation';
import { TenantSettings1764700000000 } from './migrations/1764700000000-tenant-settings';
import { AgentProfile1764710000000 } from './migrations/1764710000000-agent-profile';
import { AgentLists1764720000000 } from './migrations/1764720000000-agent-lists';
import { APP_ROLE, SYSTEM_ROLE } from './roles';

export const SCHEMA = 'identity';

/** Sees one tenant per transaction: all that a signed-in person asks for goes through this pool. */
export const IDENTITY_DB = Symbol('identity-db');
/** Acts before a tenant is known: sign-in, refresh and signing keys; nobody else. */
export const IDENTITY_SYSTEM_DB = Symbol('identity-system-db');

export function identityDataSource(url: string, role?: string): DataSource {
  return createDataSource({
    url,
    schema: SCHEMA,
    applicationName: `user${role === SYSTEM_ROLE ? '-system' : ''}`,
    entities: [
      Tenant,
      Team,
      TeamMember,
      Agent,
      AgentSkill,
      Session,
      RefreshToken,
      SigningKey,
      SignInAttempt,
      Invitation,
    ],
    migrations: [
      Initial1763800000000,
      Access1764000000000,
      Teams1764100000000,
      SignIn1764200000000,
      Invitation1764300000000,
      TenantSettings1764700000000,
      AgentProfile1764710000000,
      AgentLists1764720000000,
    ],
    ...(role && { role }),
  });
}

export function identityPools(url: string): Map<symbol, DataSource> {
  return new Map([
    [IDENTITY_DB, identityDataSource(url, APP_ROLE)],
    [IDENTITY_SYSTEM_DB, identityDataSource(url, SYSTEM_ROLE)],
  ]);
}

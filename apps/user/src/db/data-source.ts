import { createDataSource, TenantKey } from '@scrm/database';
import type { DataSource } from 'typeorm';
import { AgentSkill } from '../agent/agent-skill.entity';
import { Agent } from '../agent/agent.entity';
import { ApiKey } from '../api-key/api-key.entity';
import { HandOver } from '../hand-over/hand-over.entity';
import { Invitation } from '../invitation/invitation.entity';
import { Mail } from '../mail/mail.entity';
import { MfaTotp, RecoveryCode, SignInChallenge } from '../mfa/mfa.entity';
import { PasswordResetRequest } from '../password-reset/password-reset-request.entity';
import { PasswordReset } from '../password-reset/password-reset.entity';
import { AgentPresence, AgentSocket, WsPod } from '../presence/presence.entity';
import { Role } from '../role/role.entity';
import { RefreshToken } from '../session/refresh-token.entity';
import { Session } from '../session/session.entity';
import { SignInAttempt } from '../sign-in/sign-in-attempt.entity';
import { SigningKey } from '../signing-key/signing-key.entity';
import { SsoConnection } from '../sso/sso-connection.entity';
import { SsoIdentity } from '../sso/sso-identity.entity';
import { SsoState } from '../sso/sso-state.entity';
import { TeamMember } from '../team/team-member.entity';
import { Team } from '../team/team.entity';
import { Tenant } from '../tenant/tenant.entity';
import { Initial1763800000000 } from './migrations/1763800000000-initial';
import { Access1764000000000 } from './migrations/1764000000000-access';
import { Teams1764100000000 } from './migrations/1764100000000-teams';
import { SignIn1764200000000 } from './migrations/1764200000000-sign-in';
import { Invitation1764300000000 } from './migrations/1764300000000-invitation';
import { TenantKey1764500000000 } from './migrations/1764500000000-tenant-key';
import { Mfa1764510000000 } from './migrations/1764510000000-mfa';
import { Mail1764600000000 } from './migrations/1764600000000-mail';
import { PasswordReset1764610000000 } from './migrations/1764610000000-password-reset';
import { Sso1764620000000 } from './migrations/1764620000000-sso';
import { TenantSettings1764700000000 } from './migrations/1764700000000-tenant-settings';
import { AgentProfile1764710000000 } from './migrations/1764710000000-agent-profile';
import { AgentLists1764720000000 } from './migrations/1764720000000-agent-lists';
import { HandOver1764800000000 } from './migrations/1764800000000-hand-over';
import { Presence1764810000000 } from './migrations/1764810000000-presence';
import { Roles1764900000000 } from './migrations/1764900000000-roles';
import { Audit1764910000000 } from './migrations/1764910000000-audit';
import { ApiKey1764920000000 } from './migrations/1764920000000-api-key';
import { APP_ROLE, SYSTEM_ROLE } from './roles';

export const SCHEMA = 'identity';

/** Sees one tenant per transaction: all that a signed-in person asks for goes through this pool. */
export const IDENTITY_DB = Symbol('identity-db');
/** Sees all tenants: what happens before somebody is signed in, what nobody's question may read, and work for all. */
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
      Role,
      ApiKey,
      TenantKey,
      MfaTotp,
      RecoveryCode,
      SignInChallenge,
      Mail,
      PasswordReset,
      PasswordResetRequest,
      SsoConnection,
      SsoIdentity,
      SsoState,
      HandOver,
      WsPod,
      AgentSocket,
      AgentPresence,
    ],
    migrations: [
      Initial1763800000000,
      Access1764000000000,
      Teams1764100000000,
      SignIn1764200000000,
      Invitation1764300000000,
      TenantKey1764500000000,
      Mfa1764510000000,
      Mail1764600000000,
      PasswordReset1764610000000,
      Sso1764620000000,
      TenantSettings1764700000000,
      AgentProfile1764710000000,
      AgentLists1764720000000,
      HandOver1764800000000,
      Presence1764810000000,
      Roles1764900000000,
      Audit1764910000000,
      ApiKey1764920000000,
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

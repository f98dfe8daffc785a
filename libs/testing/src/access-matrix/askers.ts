import { generateKeyPairSync } from 'node:crypto';
import {
  PERMISSIONS,
  ROLE_GRANTS,
  ROLES,
  type BuiltInRole,
  type ErrorCode,
  type Grants,
  type Permission,
} from '@scrm/contracts';
import jwt from 'jsonwebtoken';

type Token = 'good' | 'none' | 'forged' | 'expired';

/** Without which a permission is good for nothing: keys are given what their maker may do. */
const NEEDED_WITH: Partial<Record<Permission, Grants>> = { 'api-key.manage': { 'template.read': 'all' } };

/** Somebody who asks something, and what they hear: null is an answer. */
export interface Asker {
  name: string;
  /** One that every tenant has, or what one of the tenant's own allows. */
  role: BuiltInRole | Grants;
  kind: 'agent' | 'api-key';
  token: Token;
  refusal: ErrorCode | null;
}

/** Everybody who may come, and what the catalogue of permissions says of them. */
export function askersOf(access: string): Asker[] {
  const permission = PERMISSIONS.find((known) => known === access);
  const asker = (name: string, role: Asker['role'], token: Token = 'good'): Asker => ({
    ...{ name, role, token, kind: 'agent' as const },
    refusal: refusalOf(access, permission, role, token),
  });
  return [
    ...ROLES.map((role) => asker(role, role)),
    ...(permission
      ? [
          asker('a role with everything but it', everythingBut(permission)),
          asker('a role with nothing but it', { ...NEEDED_WITH[permission], [permission]: 'all' }),
        ]
      : [asker('a role with next to nothing', { 'template.read': 'all' })]),
    ...(access === 'signed-in'
      ? [{ ...asker('an API key', 'admin'), kind: 'api-key' as const, refusal: 'forbidden' as const }]
      : []),
    asker('nobody', 'admin', 'none'),
    asker('somebody with a forged token', 'admin', 'forged'),
    asker('somebody with an expired token', 'admin', 'expired'),
  ];
}

function refusalOf(
  access: string,
  permission: Permission | undefined,
  role: Asker['role'],
  token: Token,
): ErrorCode | null {
  if (access === 'public') return null;
  if (token !== 'good') return 'unauthenticated';
  const grants = typeof role === 'string' ? ROLE_GRANTS[role] : role;
  return !permission || permission in grants ? null : 'forbidden';
}

const everythingBut = (permission: Permission): Grants => {
  const { [permission]: _, ...others } = ROLE_GRANTS.admin;
  return others;
};

const somebodyElses = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** The same token, signed by somebody else in the name of the same key. */
export function forged(token: string): string {
  const { header, payload } = jwt.decode(token, { complete: true })!;
  return jwt.sign(payload, somebodyElses, { algorithm: 'ES256', keyid: header.kid! });
}

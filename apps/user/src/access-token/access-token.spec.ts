import { createHmac, createPublicKey, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Health, LocalKeyWrapper, TokenVerifier } from '@scrm/platform';
import jwt from 'jsonwebtoken';
import type { UserConfig } from '../config';
import type { SigningKeyRepository } from '../signing-key/signing-key.repository';
import { SigningKeyService } from '../signing-key/signing-key.service';
import { AccessTokenService } from './access-token.service';

const subject = {
  agentId: '01980000-0000-7000-8000-000000000b03',
  tenantId: '01980000-0000-7000-8000-000000000001',
  role: 'agent' as const,
  teamIds: ['01980000-0000-7000-8000-0000000000a1'],
  sessionId: '01980000-0000-7000-8000-00000000c0de',
  agentVersion: 3,
  tenantVersion: 2,
};
const config = { TOKEN_ISSUER: 'scrm', TOKEN_AUDIENCE: 'scrm', ACCESS_TOKEN_TTL_S: 600 } as UserConfig;
const made: unknown[] = [];
const inMemory = {
  published: async () => made,
  loadOrCreate: async (create: () => Promise<unknown>) => {
    made.push(await create());
    return made;
  },
} as unknown as SigningKeyRepository;

const keys = new SigningKeyService(inMemory, new LocalKeyWrapper([Buffer.alloc(32)]), new Health());
const tokens = new AccessTokenService(config, keys);
const verifier = new TokenVerifier({ readKeys: () => keys.jwks(), issuer: 'scrm', audience: 'scrm' });

const encode = (part: object | string) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** Signs anything at all with our real key: what the verifier refuses then is not the signature. */
async function signed(header: object, claims: object | string, key?: KeyObject): Promise<string> {
  const { privateKey } = await keys.active();
  const content = `${encode(header)}.${encode(claims)}`;
  const signature = createSign('sha256')
    .update(content)
    .sign({ key: key ?? privateKey, dsaEncoding: 'ieee-p1363' } as never, 'base64url');
  return `${content}.${signature}`;
}

async function parts() {
  const { accessToken } = await tokens.issue(subject);
  const { header, payload } = jwt.decode(accessToken, { complete: true })!;
  const [rawHeader, rawPayload, signature] = accessToken.split('.') as [string, string, string];
  return { header: header as object, claims: payload as jwt.JwtPayload, rawHeader, rawPayload, signature };
}
const without = (claim: string) => async () => {
  const { header, claims } = await parts();
  return signed(header, Object.fromEntries(Object.entries(claims).filter(([name]) => name !== claim)));
};
const withClaims = (change: object) => async () => {
  const { header, claims } = await parts();
  return signed(header, { ...claims, ...change });
};
const withHeader = (change: object) => async () => {
  const { header, claims } = await parts();
  return signed({ ...header, ...change }, claims);
};
const hmacWith = (secretOf: (pem: string) => string | Buffer) => async () => {
  const { header, claims } = await parts();
  const pem = createPublicKey((await keys.active()).privateKey).export({ type: 'spki', format: 'pem' });
  const content = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`;
  return `${content}.${createHmac('sha256', secretOf(String(pem)))
    .update(content)
    .digest('base64url')}`;
};
const now = () => Math.floor(Date.now() / 1000);

const FORGED: [string, () => Promise<string>][] = [
  [
    'alg none without a signature',
    async () => `${encode({ alg: 'none', typ: 'JWT' })}.${(await parts()).rawPayload}.`,
  ],
  [
    'alg none with our kid',
    async () => {
      const { header, rawPayload } = await parts();
      return `${encode({ ...header, alg: 'none' })}.${rawPayload}.`;
    },
  ],
  [
    'alg None with the signature of a real one',
    async () => {
      const { header, rawPayload, signature } = await parts();
      return `${encode({ ...header, alg: 'None' })}.${rawPayload}.${signature}`;
    },
  ],
  ['HS256 keyed with the public key as PEM', hmacWith((pem) => pem)],
  [
    'HS256 keyed with the public key as DER',
    hmacWith((pem) => createPublicKey(pem).export({ type: 'spki', format: 'der' })),
  ],
  ['HS256 keyed with nothing', hmacWith(() => '')],
  ['alg ES384 over the same key', withHeader({ alg: 'ES384' })],
  ['alg RS256', withHeader({ alg: 'RS256' })],
  ['no alg', withHeader({ alg: undefined })],
  ['a kid that nobody knows', withHeader({ kid: 'another' })],
  ['a kid that is a path', withHeader({ kid: '../../dev/null' })],
  ['a kid that is no string', withHeader({ kid: { $ne: null } })],
  ['no kid', withHeader({ kid: undefined })],
  ['no typ', withHeader({ typ: undefined })],
  ['another typ', withHeader({ typ: 'at+jwt' })],
  [
    'our kid, but a key of its own',
    async () => {
      const { header, claims } = await parts();
      return signed(header, claims, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    },
  ],
  [
    'a key of its own in the header',
    async () => {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const { header, claims } = await parts();
      return signed({ ...header, jwk: own.publicKey.export({ format: 'jwk' }) }, claims, own.privateKey);
    },
  ],
  [
    'claims changed after signing',
    async () => {
      const { rawHeader, claims, signature } = await parts();
      return `${rawHeader}.${encode({ ...claims, role: 'admin' })}.${signature}`;
    },
  ],
  [
    'the signature of another token',
    async () => {
      const [one, other] = [await parts(), await parts()];
      return `${one.rawHeader}.${encode({ ...one.claims, sid: subject.agentId })}.${other.signature}`;
    },
  ],
  [
    'a signature of zeros',
    async () => {
      const { rawHeader, rawPayload } = await parts();
      return `${rawHeader}.${rawPayload}.${Buffer.alloc(64).toString('base64url')}`;
    },
  ],
  [
    'a signature that is cut',
    async () => {
      const { rawHeader, rawPayload, signature } = await parts();
      return `${rawHeader}.${rawPayload}.${signature.slice(0, -4)}`;
    },
  ],
  [
    'no signature',
    async () => {
      const { rawHeader, rawPayload } = await parts();
      return `${rawHeader}.${rawPayload}.`;
    },
  ],
  ['its time over', withClaims({ exp: now() - 1 })],
  ['a time that has not come', withClaims({ nbf: now() + 600 })],
  ['an end that is text', withClaims({ exp: 'tomorrow' })],
  ['no end', without('exp')],
  ['another issuer', withClaims({ iss: 'other' })],
  ['no issuer', without('iss')],
  ['another audience', withClaims({ aud: 'other' })],
  ['no audience', without('aud')],
  ['no subject', without('sub')],
  ['no tenant', without('tid')],
  ['no role', without('role')],
  ['no teams', without('teams')],
  ['no session', without('sid')],
  ['a role that does not exist', withClaims({ role: 'root' })],
  ['a tenant that is no id', withClaims({ tid: '*' })],
  ['teams that are no ids', withClaims({ teams: ['*'] })],
  ['claims that are not JSON', async () => signed((await parts()).header, 'not json')],
  ['claims that are text', async () => signed((await parts()).header, '"text"')],
  ['four parts', async () => `${(await tokens.issue(subject)).accessToken}.e30`],
  ['no parts', async () => 'token'],
  ['nothing in it', async () => ''],
];

it('is read back as it was issued', async () => {
  const { accessToken, expiresIn } = await tokens.issue(subject);
  const principal = await verifier.verify(accessToken);
  expect(principal).toEqual({ ...subject, kind: 'agent', expiresAt: expect.any(Number) as number });
  expect(principal.expiresAt - now()).toBeLessThanOrEqual(expiresIn);
});

it('carries the key and the type in its header, and nothing in its claims that is not read', async () => {
  const { header, claims } = await parts();
  expect(header).toEqual({ alg: 'ES256', typ: 'JWT', kid: (await keys.active()).kid });
  const names = ['aud', 'av', 'exp', 'iat', 'iss', 'role', 'sid', 'sub', 'teams', 'tid', 'tv'];
  expect(Object.keys(claims).sort()).toEqual(names);
});

it('is accepted when the helper of these tests signs it unchanged', async () => {
  const { header, claims } = await parts();
  await expect(verifier.verify(await signed(header, claims))).resolves.toMatchObject({ role: 'agent' });
});

it.each(FORGED)('is refused with %s', async (_, forge) => {
  await expect(verifier.verify(await forge())).rejects.toMatchObject({ code: 'unauthenticated' });
});

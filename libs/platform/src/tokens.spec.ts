import { createHmac, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import jwt from 'jsonwebtoken';
import { bearerToken, TokenVerifier } from './tokens';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const KID = 'key-1';

const AGENT = randomUUID();
const CLAIMS = { tid: randomUUID(), role: 'leader', teams: [randomUUID()], sid: randomUUID() };
const now = () => Math.floor(Date.now() / 1000);

function sign(change: { claims?: object; options?: jwt.SignOptions; key?: KeyObject } = {}): string {
  return jwt.sign({ ...CLAIMS, ...change.claims }, change.key ?? privateKey, {
    algorithm: 'ES256',
    keyid: KID,
    subject: AGENT,
    issuer: 'scrm',
    audience: 'scrm',
    expiresIn: 600,
    ...change.options,
  });
}
const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const claimsOf = (token: string) => jwt.decode(token) as jwt.JwtPayload;
/** A token with a header, claims and a signature as somebody might make them. */
const made = (header: object, claims: unknown, signature = '') =>
  `${base64(header)}.${base64(claims)}.${signature}`;

describe('an access token', () => {
  let server: Server;
  let jwksUrl: string;
  let published: object[];
  let down: boolean;
  let asked: number;
  let tokens: TokenVerifier;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      asked++;
      response.statusCode = down ? 503 : 200;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: published }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    [down, asked] = [false, 0];
    published = [{ ...publicKey.export({ format: 'jwk' }), kid: KID, use: 'sig', alg: 'ES256' }];
    tokens = new TokenVerifier({ jwksUrl, issuer: 'scrm', audience: 'scrm' });
  });

  it('is refused whatever was changed in it, and never believed or broken by', async () => {
    const token = sign();
    // The last character has bits that nobody reads.
    const place = fc.nat(token.length - 2);
    const changes = fc.oneof(
      fc
        .record({ at: place, by: fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }) })
        .map(({ at, by }) => token.slice(0, at) + by + token.slice(at + 1)),
      place.map((at) => token.slice(0, at)),
      fc.tuple(place, place).map(([a, b]) => token.slice(a) + token.slice(0, b)),
      fc.array(fc.base64String(), { minLength: 3, maxLength: 3 }).map((parts) => parts.join('.')),
      fc.string({ unit: 'binary' }),
    );
    const forged = changes.filter((change) => change !== token);
    const property = fc.asyncProperty(forged, async (change) => {
      await expect(tokens.verify(change)).rejects.toMatchObject({ code: 'unauthenticated' });
    });
    await fc.assert(property, { numRuns: 1_000 });
    expect(asked).toBeLessThanOrEqual(30);
  });

  it('says who calls', async () => {
    const token = sign();
    await expect(tokens.verify(token)).resolves.toEqual({
      kind: 'agent',
      agentId: AGENT,
      tenantId: CLAIMS.tid,
      role: 'leader',
      teamIds: CLAIMS.teams,
      sessionId: CLAIMS.sid,
      // A token from before there were versions.
      agentVersion: 0,
      tenantVersion: 0,
      expiresAt: claimsOf(token).exp,
    });
  });

  const good = () => claimsOf(sign());
  const header = { alg: 'ES256', typ: 'JWT', kid: KID };
  const spki = publicKey.export({ type: 'spki', format: 'pem' });
  const hmac = (h: object, c: object) =>
    createHmac('sha256', spki)
      .update(`${base64(h)}.${base64(c)}`)
      .digest('base64url');
  const signatureOf = (token: string) => token.split('.')[2]!;

  it.each<[string, () => string]>([
    ['nothing at all', () => ''],
    ['three dots', () => '...'],
    ['a word', () => 'token'],
    ['one without a signature', () => made({ ...header, alg: 'none' }, good())],
    ['one without a signature, said in capitals', () => made({ ...header, alg: 'NONE' }, good())],
    ['one whose signature was cut off', () => made(header, good())],
    [
      'one with the signature of other claims',
      () => made(header, { ...good(), role: 'admin' }, signatureOf(sign())),
    ],
    [
      'one signed with our public key as a secret',
      () => made({ ...header, alg: 'HS256' }, good(), hmac({ ...header, alg: 'HS256' }, good())),
    ],
    ['one signed by a stranger under our name', () => sign({ key: stranger.privateKey })],
    [
      'one signed by a stranger under theirs',
      () => sign({ key: stranger.privateKey, options: { keyid: 'other' } }),
    ],
    ['one of another algorithm', () => sign({ key: rsa.privateKey, options: { algorithm: 'RS256' } })],
    ['one without a key id', () => made({ alg: 'ES256', typ: 'JWT' }, good(), signatureOf(sign()))],
    [
      'one that is no JWT',
      () => jwt.sign(good(), privateKey, { algorithm: 'ES256', header: { ...header, typ: 'at' } }),
    ],
    ['one whose claims are not JSON', () => made(header, 'not json', signatureOf(sign()))],
    ['one whose claims are a text', () => made(header, '"text"', signatureOf(sign()))],
    ['one that has expired', () => sign({ options: { expiresIn: -1 } })],
    ['one that is not yet valid', () => sign({ options: { notBefore: 60 } })],
    ['one for somebody else', () => sign({ options: { audience: 'other' } })],
    ['one of somebody else', () => sign({ options: { issuer: 'other' } })],
    [
      'one that never ends',
      () =>
        jwt.sign({ ...CLAIMS, sub: AGENT }, privateKey, {
          algorithm: 'ES256',
          keyid: KID,
          issuer: 'scrm',
          audience: 'scrm',
        }),
    ],
    ['one without a tenant', () => sign({ claims: { tid: undefined } })],
    ['one with a role that does not exist', () => sign({ claims: { role: 'root' } })],
    ['one with teams that are none', () => sign({ claims: { teams: 'all' } })],
    ['one whose agent is no id of ours', () => sign({ options: { subject: 'admin' } })],
  ])('is refused if it is %s', async (_, token) => {
    await expect(tokens.verify(token())).rejects.toMatchObject({ code: 'unauthenticated', status: 401 });
  });

  it('that was accepted is refused when it has expired', async () => {
    const token = sign({ options: { expiresIn: 100 } });
    await tokens.verify(token);
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'], now: (now() + 101) * 1000 });
    try {
      await expect(tokens.verify(token)).rejects.toThrow('The access token has expired: refresh it.');
    } finally {
      jest.useRealTimers();
    }
  });

  it('is checked against keys that are read once', async () => {
    for (let n = 0; n < 5; n++) await tokens.verify(sign({ claims: { sid: randomUUID() } }));
    expect(asked).toBe(1);
  });

  it('is still accepted when the user service is down, and a new one too', async () => {
    const token = sign();
    await tokens.verify(token);
    down = true;
    await expect(tokens.verify(token)).resolves.toMatchObject({ agentId: AGENT });
    await expect(tokens.verify(sign({ claims: { sid: randomUUID() } }))).resolves.toMatchObject({
      kind: 'agent',
      agentId: AGENT,
    });
  });

  it('is not called forged where the keys cannot be read: try again', async () => {
    down = true;
    await expect(tokens.verify(sign())).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    down = false;
    await expect(tokens.verify(sign())).resolves.toMatchObject({ agentId: AGENT });
  });

  it('signed by a key that came later is accepted: keys rotate', async () => {
    await tokens.verify(sign());
    published.push({
      ...stranger.publicKey.export({ format: 'jwk' }),
      kid: 'key-2',
      use: 'sig',
      alg: 'ES256',
    });
    const rotated = sign({ key: stranger.privateKey, options: { keyid: 'key-2' } });
    await expect(tokens.verify(rotated)).resolves.toMatchObject({ agentId: AGENT });
  });
});

describe('the Authorization header', () => {
  it('carries the token', () => {
    expect(bearerToken('Bearer a.b-c_d.e')).toBe('a.b-c_d.e');
    expect(bearerToken('bearer a.b.c')).toBe('a.b.c');
  });

  it.each([
    undefined,
    null,
    '',
    'Bearer',
    'Bearer ',
    'Basic a.b.c',
    'Bearer a b',
    'Bearer a\nb',
    ['Bearer a'],
  ])('is refused if it is %j', (header) => {
    expect(() => bearerToken(header)).toThrow('Send an access token');
  });
});

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Principal, Revocation } from '@scrm/contracts';
import jwt from 'jsonwebtoken';

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Signs tokens as the user service does, and publishes its keys and what it ended. */
export class TokenIssuer {
  private readonly key = newKey();
  private readonly foreign = newKey();

  /** What the list says. */
  readonly revocations: Revocation[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TokenIssuer> {
    const server = createServer(({ url }, response) => {
      const jwk = issuer.key.publicKey.export({ format: 'jwk' });
      const keys = [{ ...jwk, kid: 'key-1', alg: 'ES256', use: 'sig' }];
      const { revocations } = issuer;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(url === '/revocations.json' ? { revocations } : { keys }));
    });
    const issuer = new TokenIssuer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get jwksUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/jwks`;
  }

  token(principal: Principal, { expiresIn = 600, audience = 'scrm', issuer = 'scrm' } = {}): string {
    return this.sign(principal, this.key.privateKey, { expiresIn, audience, issuer });
  }

  /** Right in all but the key. */
  forged(principal: Principal): string {
    return this.sign(principal, this.foreign.privateKey, {
      expiresIn: 600,
      audience: 'scrm',
      issuer: 'scrm',
    });
  }

  /** Signed by nobody. */
  unsigned(principal: Principal): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1000) + 600;
    const claims = { ...claimsOf(principal), sub: principal.agentId, aud: 'scrm', iss: 'scrm', exp };
    return `${part({ alg: 'none', typ: 'JWT', kid: 'key-1' })}.${part(claims)}.`;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private sign(
    principal: Principal,
    key: KeyObject,
    options: { expiresIn: number; audience: string; issuer: string },
  ): string {
    const pem = key.export({ type: 'pkcs8', format: 'pem' });
    return jwt.sign(claimsOf(principal), pem, {
      algorithm: 'ES256',
      keyid: 'key-1',
      subject: principal.agentId,
      ...options,
    });
  }
}

const claimsOf = ({ tenantId, role, teamIds, sessionId, agentVersion, tenantVersion }: Principal) => ({
  tid: tenantId,
  role,
  teams: teamIds,
  sid: sessionId,
  av: agentVersion,
  tv: tenantVersion,
});

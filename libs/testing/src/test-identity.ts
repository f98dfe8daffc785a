import type { Principal, Revocation } from '@scrm/contracts';
import jwt from 'jsonwebtoken';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Signs tokens as the user service does, and publishes its key, and what it ended, where services look for it. */
export class TestIdentity {
  private readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  /** What the list says. */
  readonly revocations: Revocation[] = [];
  private constructor(
    private readonly server: Server,
    readonly jwksUrl: string,
  ) {}

  static async start(): Promise<TestIdentity> {
    const server = createServer(({ url }, response) => {
      response.setHeader('content-type', 'application/json');
      const keys = [{ ...identity.jwk(), kid: 'test', use: 'sig', alg: 'ES256' }];
      const { revocations } = identity;
      response.end(JSON.stringify(url?.endsWith('revocations.json') ? { revocations } : { keys }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const identity = new TestIdentity(server, `http://127.0.0.1:${port}/.well-known/jwks.json`);
    return identity;
  }

  token(who: Partial<Omit<Principal, 'expiresAt'>> & { tenantId: string }, expiresInSeconds = 600): string {
    const { agentId = randomUUID(), tenantId, role = 'admin', teamIds = [], sessionId = randomUUID() } = who;
    const claims = {
      ...{ tid: tenantId, role, grants: who.grants, teams: teamIds, sid: sessionId },
      ...{ av: who.agentVersion, tv: who.tenantVersion },
    };
    return jwt.sign(claims, this.keys.privateKey, {
      algorithm: 'ES256',
      keyid: 'test',
      subject: agentId,
      issuer: 'scrm',
      audience: 'scrm',
      expiresIn: expiresInSeconds,
    });
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }

  private jwk() {
    return this.keys.publicKey.export({ format: 'jwk' });
  }
}

/** Access tokens without logins: a key of our own, published as the user service publishes its keys and what it ended. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const LIFE_SECONDS = 3_600;

/** @typedef {{ agentId: string, tenantId: string, role: string, teamIds: string[], sessionId: string }} Who */

export class TokenMint {
  #key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  #server = createServer(({ url }, response) => {
    const jwk = this.#key.publicKey.export({ format: 'jwk' });
    const keys = [{ ...jwk, kid: 'bench', alg: 'ES256', use: 'sig' }];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(url?.endsWith('/revocations.json') ? { revocations: [] } : { keys }));
  });

  async open() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    this.jwksUrl = `http://127.0.0.1:${port}/jwks`;
    return this;
  }

  /** @param {Who} who */
  token({ agentId, tenantId, role, teamIds, sessionId }) {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: now, exp: now + LIFE_SECONDS };
    const claims = { sub: agentId, tid: tenantId, role, teams: teamIds, sid: sessionId, ...times };
    const text = [
      { alg: 'ES256', typ: 'JWT', kid: 'bench' },
      { ...claims, iss: 'scrm', aud: 'scrm' },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const key = /** @type {const} */ ({ key: this.#key.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Health, TOKEN_ALGORITHM } from '@scrm/platform';
import type { PublicJwk, SigningKey } from './signing-key.entity';
import { SigningKeyRepository, type NewSigningKey } from './signing-key.repository';

export interface Jwks {
  keys: PublicJwk[];
}

@Injectable()
export class SigningKeyService {
  private loading: Promise<SigningKey[]> | undefined;

  constructor(
    private readonly repository: SigningKeyRepository,
    health: Health,
  ) {
    // Readiness asks for the keys, so they exist before the first sign-in.
    health.register('signing-key', async () => {
      await this.published();
    });
  }

  /** The key that new tokens are signed with. */
  async active(): Promise<SigningKey> {
    return (await this.published())[0]!;
  }

  async jwks(): Promise<Jwks> {
    return { keys: (await this.published()).map((key) => key.publicJwk) };
  }

  /** Read once and kept: a database that is away later signs nobody out. */
  private published(): Promise<SigningKey[]> {
    return (this.loading ??= this.repository.loadOrCreate(newSigningKey).catch((error: unknown) => {
      this.loading = undefined;
      throw error;
    }));
  }
}

async function newSigningKey(): Promise<NewSigningKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' }) as Omit<PublicJwk, 'kid' | 'alg' | 'use'>;
  // RFC 7638: exactly these members, in this order.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return {
    kid,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicJwk: { kty, crv, x, y, kid, alg: TOKEN_ALGORITHM, use: 'sig' },
  };
}

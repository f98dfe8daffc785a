import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { TOKEN_ALGORITHM, type KeyWrapper } from '@scrm/platform';
import type { PublicJwk, SigningKey } from './signing-key.entity';

/** A new key, its private half wrapped. */
export async function newSigningKey(wrapper: KeyWrapper) {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' }) as Omit<PublicJwk, 'kid' | 'alg' | 'use'>;
  // RFC 7638: exactly these members, in this order.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  const publicJwk: PublicJwk = { kty, crv, x, y, kid, alg: TOKEN_ALGORITHM, use: 'sig' };
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { kid, publicJwk, ...(await sealPrivateKey(wrapper, kid, pem)) };
}

export async function sealPrivateKey(wrapper: KeyWrapper, kid: string, pem: string) {
  const { wrapped, masterKeyId } = await wrapper.wrap(Buffer.from(pem), contextOf(kid));
  return { sealedKey: wrapped, masterKeyId };
}

/** The private half as PEM. @throws MasterKeyError */
export async function openPrivateKey(
  wrapper: KeyWrapper,
  { kid, privateKey, sealedKey, masterKeyId }: SigningKey,
): Promise<string> {
  if (!sealedKey || !masterKeyId) return privateKey!;
  return (await wrapper.unwrap({ wrapped: sealedKey, masterKeyId }, contextOf(kid))).toString();
}

const contextOf = (kid: string) => `identity.signing_key ${kid}`;

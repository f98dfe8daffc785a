import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const IV = 12;
const TAG = 16;
/** Node would also take a tag that was cut to four bytes, and four bytes can be guessed. */
const LONG_TAG = { authTagLength: TAG };

/** AES-256-GCM. @param place what it belongs to: it opens nowhere else */
export function sealBytes(key: Buffer, plain: Buffer, place: string): Buffer {
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', key, iv, LONG_TAG).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

/** @throws where it was changed, or was sealed with another key or for another place */
export function openBytes(key: Buffer, sealed: Buffer, place: string): Buffer {
  const iv = sealed.subarray(0, IV);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, LONG_TAG).setAAD(Buffer.from(place));
  decipher.setAuthTag(sealed.subarray(IV, IV + TAG));
  return Buffer.concat([decipher.update(sealed.subarray(IV + TAG)), decipher.final()]);
}

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const IV = 12;
const TAG = 16;
/** Node would also take a tag that was cut to four bytes, and four bytes can be guessed. */
const LONG_TAG = { authTagLength: TAG };

/** Seals secrets for the database: AES-256-GCM, bound to their row, so that a sealed value fits nowhere else. */
export class SecretBox {
  private readonly key: Buffer;
  constructor(keyBase64: string) {
    this.key = Buffer.from(keyBase64, 'base64');
  }

  seal(secret: string, row: string): Buffer {
    const iv = randomBytes(IV);
    const cipher = createCipheriv('aes-256-gcm', this.key, iv, LONG_TAG).setAAD(Buffer.from(row));
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
  }

  /** @throws where the value was sealed with another key or for another row */
  open(sealed: Buffer, row: string): string {
    const iv = sealed.subarray(0, IV);
    const decipher = createDecipheriv('aes-256-gcm', this.key, iv, LONG_TAG).setAAD(Buffer.from(row));
    decipher.setAuthTag(sealed.subarray(IV, IV + TAG));
    return Buffer.concat([decipher.update(sealed.subarray(IV + TAG)), decipher.final()]).toString('utf8');
  }
}

import { openBytes, sealBytes } from '@scrm/platform';

/** How secrets were sealed before tenants had keys: with a master key itself, bound to their row. */
export class SecretBox {
  private readonly key: Buffer;
  constructor(keyBase64: string) {
    this.key = Buffer.from(keyBase64, 'base64');
  }

  seal(secret: string, row: string): Buffer {
    return sealBytes(this.key, Buffer.from(secret), row);
  }

  /** @throws where the value was sealed with another key or for another row */
  open(sealed: Buffer, row: string): string {
    return openBytes(this.key, sealed, row).toString('utf8');
  }
}

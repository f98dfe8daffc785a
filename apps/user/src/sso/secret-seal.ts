import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { USER_CONFIG, type UserConfig } from '../config';

/** Seals a tenant's secrets for the database. */
export abstract class SecretSeal {
  abstract readonly isSetUp: boolean;
  abstract seal(tenantId: string, secret: string): Promise<Buffer>;
  /** @throws where it was sealed for another tenant, or with another key */
  abstract open(tenantId: string, sealed: Buffer): Promise<string>;
}

const ALGORITHM = 'aes-256-gcm';
const TAG = { authTagLength: 16 };

/** With the one key of `SECRETS_KEY`: nonce, tag, text; bound to the tenant. */
@Injectable()
export class ConfiguredSeal extends SecretSeal {
  constructor(@Inject(USER_CONFIG) private readonly config: UserConfig) {
    super();
  }

  get isSetUp(): boolean {
    return this.config.SECRETS_KEY !== undefined;
  }

  async seal(tenantId: string, secret: string): Promise<Buffer> {
    const nonce = randomBytes(12);
    const cipher = createCipheriv(ALGORITHM, this.key, nonce, TAG).setAAD(aad(tenantId));
    const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]);
  }

  async open(tenantId: string, sealed: Buffer): Promise<string> {
    const decipher = createDecipheriv(ALGORITHM, this.key, sealed.subarray(0, 12), TAG)
      .setAAD(aad(tenantId))
      .setAuthTag(sealed.subarray(12, 28));
    return decipher.update(sealed.subarray(28), undefined, 'utf8') + decipher.final('utf8');
  }

  private get key(): Buffer {
    return Buffer.from(this.config.SECRETS_KEY!, 'base64');
  }
}

const aad = (tenantId: string) => Buffer.from(`sso_connection ${tenantId}`);

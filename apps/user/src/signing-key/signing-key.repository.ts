import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { IDENTITY_SYSTEM_DB } from '../db/data-source';
import { SigningKey } from './signing-key.entity';

export type NewSigningKey = Pick<SigningKey, 'kid' | 'sealedKey' | 'masterKeyId' | 'publicJwk'>;

@Injectable()
export class SigningKeyRepository {
  constructor(@Inject(IDENTITY_SYSTEM_DB) private readonly db: DataSource) {}

  /** The keys that are published, newest first; the first one signs, unless it is retired. */
  published(manager: EntityManager = this.db.manager): Promise<SigningKey[]> {
    return (
      manager
        .createQueryBuilder(SigningKey, 'key')
        // A retired key goes when the last token that it signed has ended: they live ten minutes at most.
        .where(`key.retired_at IS NULL OR key.retired_at > now() - interval '15 minutes'`)
        .orderBy('key.retired_at', 'DESC', 'NULLS FIRST')
        .getMany()
    );
  }

  /**
   * The same. Where none signs yet, `create` makes it: pods that start at the same moment wait for each other and end
   * with the same key.
   */
  loadOrCreate(create: () => Promise<NewSigningKey>): Promise<SigningKey[]> {
    return this.db.transaction(async (manager) => {
      await lockSigningKeys(manager);
      const keys = await this.published(manager);
      if (keys[0] && !keys[0].retiredAt) return keys;
      await manager.insert(SigningKey, await create());
      return this.published(manager);
    });
  }
}

/** Whoever makes or retires one waits for whoever else does. */
export async function lockSigningKeys(manager: EntityManager): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('identity.signing_key', 0))`);
}

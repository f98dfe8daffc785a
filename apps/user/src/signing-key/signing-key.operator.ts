import type { KeyWrapper } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import { newSigningKey, openPrivateKey, sealPrivateKey } from './key-pair';
import { SigningKey } from './signing-key.entity';
import { lockSigningKeys } from './signing-key.repository';

/**
 * A new key signs from now on. The one before is published for as long as tokens that it signed may live, and its
 * private half goes at once: nothing needs it any more.
 */
export async function rotateSigningKey(database: DataSource, wrapper: KeyWrapper): Promise<{ kid: string }> {
  const { kid, ...key } = await newSigningKey(wrapper);
  await database.transaction(async (manager) => {
    await lockSigningKeys(manager);
    await manager.query(
      `UPDATE signing_key SET retired_at = now(), private_key = NULL, sealed_key = NULL, master_key_id = NULL
        WHERE retired_at IS NULL`,
    );
    await manager.insert(SigningKey, { kid, ...key });
  });
  return { kid };
}

/** Wraps the key that signs with the present master key, also one that lies open. @returns how many changed */
export async function rewrapSigningKeys(database: DataSource, wrapper: KeyWrapper): Promise<number> {
  return database.transaction(async (manager) => {
    await lockSigningKeys(manager);
    const keys = await manager
      .createQueryBuilder(SigningKey, 'key')
      .where('key.retired_at IS NULL')
      .andWhere('(key.master_key_id IS DISTINCT FROM :id OR key.private_key IS NOT NULL)', {
        id: wrapper.masterKeyId,
      })
      .getMany();
    for (const key of keys) {
      const { sealedKey, masterKeyId } = await sealPrivateKey(
        wrapper,
        key.kid,
        await openPrivateKey(wrapper, key),
      );
      await manager.query(
        'UPDATE signing_key SET private_key = NULL, sealed_key = $2, master_key_id = $3 WHERE kid = $1',
        [key.kid, sealedKey, masterKeyId],
      );
    }
    return keys.length;
  });
}

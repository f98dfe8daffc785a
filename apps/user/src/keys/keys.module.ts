import { Global, Module } from '@nestjs/common';
import { KeyVault } from '@scrm/database';
import { Health, LocalKeyWrapper, readMasterKeys, type KeyWrapper } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import { USER_CONFIG, type UserConfig } from '../config';
import { IDENTITY_SYSTEM_DB, SCHEMA } from '../db/data-source';
import { KEY_WRAPPER } from './key-wrapper';

/** Master keys from the settings; a KMS would be provided here. */
@Global()
@Module({
  providers: [
    {
      provide: KEY_WRAPPER,
      inject: [USER_CONFIG],
      useFactory: (config: UserConfig) => new LocalKeyWrapper(readMasterKeys(config)),
    },
    {
      provide: KeyVault,
      inject: [IDENTITY_SYSTEM_DB, KEY_WRAPPER, Health],
      useFactory: (database: DataSource, wrapper: KeyWrapper, health: Health) => {
        const vault = new KeyVault(database, SCHEMA, wrapper);
        health.register('tenant-keys', () => vault.check());
        return vault;
      },
    },
  ],
  exports: [KEY_WRAPPER, KeyVault],
})
export class KeysModule {}

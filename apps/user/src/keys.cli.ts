import { runKeysCommand } from '@scrm/database';
import { identityDataSource, SCHEMA } from './db/data-source';
import { SYSTEM_ROLE } from './db/roles';
import { rewrapSigningKeys, rotateSigningKey } from './signing-key/signing-key.operator';

/**
 * For those who run the system. Needs DATABASE_URL and the service's own SECRETS_KEY or SECRETS_KEY_FILE.
 *
 *   node apps/user/dist/keys.cli.js rotate-signing
 *   node apps/user/dist/keys.cli.js rotate-master
 *   node apps/user/dist/keys.cli.js rotate-tenant <id>|all
 */
runKeysCommand({
  schema: SCHEMA,
  database: (url) => identityDataSource(url, SYSTEM_ROLE),
  columns: (vault) => [
    { table: 'mfa_totp', column: 'seed', open: (sealed, place) => vault.open(sealed, place) },
    {
      table: 'sso_connection',
      key: 'tenant_id',
      column: 'client_secret',
      open: (sealed, place) => vault.open(sealed, place),
    },
  ],
  rewrap: rewrapSigningKeys,
  more: { 'rotate-signing': rotateSigningKey },
});

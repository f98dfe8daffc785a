import { runKeysCommand } from '@scrm/database';
import { SCHEMA, SYSTEM_ROLE, wabaDataSource } from './db/data-source';
import { openToken } from './sender/sender.secrets';

/**
 * For those who run the system. Needs DATABASE_URL and the service's own SECRETS_KEY or SECRETS_KEY_FILE.
 *
 *   node apps/waba/dist/keys.cli.js rotate-master
 *   node apps/waba/dist/keys.cli.js rotate-tenant <id>|all
 */
runKeysCommand({
  schema: SCHEMA,
  database: (url) => wabaDataSource(url, SYSTEM_ROLE, 2),
  columns: (vault, masterKeys) => [
    {
      table: 'sender',
      column: 'access_token',
      open: (sealed, place) => openToken(vault, masterKeys, sealed, place),
    },
  ],
});

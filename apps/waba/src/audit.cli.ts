import { runAuditCli } from '@scrm/database';
import { SYSTEM_ROLE, wabaDataSource } from './db/data-source';

/**
 * For those who check that nobody changed this service's audit trail. Needs DATABASE_URL only.
 *
 *   node apps/waba/dist/audit.cli.js verify [<tenant> [<seq>:<hash>]]
 */
runAuditCli((url) => wabaDataSource(url, SYSTEM_ROLE).initialize());

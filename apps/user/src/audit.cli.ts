import { runAuditCli } from '@scrm/database';
import { identityDataSource } from './db/data-source';
import { SYSTEM_ROLE } from './db/roles';

/**
 * For those who check that nobody changed this service's audit trail. Needs DATABASE_URL only.
 *
 *   node apps/user/dist/audit.cli.js verify [<tenant> [<seq>:<hash>]]
 */
runAuditCli((url) => identityDataSource(url, SYSTEM_ROLE).initialize());

import { migrate } from '@scrm/database';
import { SCHEMA, wabaDataSource } from './data-source';

const url = process.env.DATABASE_URL;
if (!url) {
  process.stderr.write('migrate: set DATABASE_URL to a login that owns the database\n');
  process.exit(78);
}
migrate(wabaDataSource(url), SCHEMA).then(
  (done) =>
    process.stdout.write(`waba: ${done.length ? `migrated: ${done.join(', ')}` : 'schema is up to date'}\n`),
  (error: unknown) => {
    process.stderr.write(`migrate: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);

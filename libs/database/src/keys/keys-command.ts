import { LocalKeyWrapper, readMasterKeys, type KeyWrapper } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import { KeyVault } from './key-vault';
import { countWithoutDataKey, rotateTenantKey, tenantsWithSecrets, type SealedColumn } from './rotation';

/** What a service's keys are, for its command. */
export interface KeysOfService {
  schema: string;
  /** Not connected yet; of the role that acts for all tenants. */
  database: (url: string) => DataSource;
  columns: (vault: KeyVault, masterKeys: Buffer[]) => SealedColumn[];
  /** Other keys that a master key wraps. @returns how many were wrapped again */
  rewrap?: (database: DataSource, wrapper: KeyWrapper) => Promise<number>;
  /** Other commands, without an argument. */
  more?: Record<string, (database: DataSource, wrapper: KeyWrapper) => Promise<object>>;
}

const OLDER = 'values have no data key yet: run rotate-tenant all before a master key goes';

/**
 * `rotate-master`, `rotate-tenant <id>|all` and what else the service has. Each prints a line of JSON.
 *
 * @returns the exit code
 */
export async function keysCommand(
  [command = '', argument, ...rest]: string[],
  { DATABASE_URL: url, ...env }: NodeJS.ProcessEnv,
  service: KeysOfService,
): Promise<number> {
  const { more = {} } = service;
  const wanted: Record<string, boolean> = { 'rotate-tenant': true, 'rotate-master': false };
  for (const name of Object.keys(more)) wanted[name] = false;
  if (wanted[command] !== (argument !== undefined) || rest.length > 0) {
    return fail(
      `usage: keys.cli ${['rotate-master', 'rotate-tenant <id>|all', ...Object.keys(more)].join(' | ')}`,
      2,
    );
  }
  if (!url) return fail('keys: set DATABASE_URL', 78);
  const masterKeys = mastersOf(env);
  if (typeof masterKeys === 'string') return fail(`keys: ${masterKeys}`, 78);
  const wrapper = new LocalKeyWrapper(masterKeys);
  const database = await service.database(url).initialize();
  try {
    const vault = new KeyVault(database, service.schema, wrapper);
    const columns = service.columns(vault, masterKeys);
    if (command === 'rotate-master') {
      const others = (await service.rewrap?.(database, wrapper)) ?? 0;
      const { rewrapped, unreadable } = await vault.rewrap();
      const older = await countWithoutDataKey(database, columns);
      const { masterKeyId } = wrapper;
      say({ masterKeyId, rewrapped: rewrapped + others, unreadable, withoutDataKey: older });
      if (unreadable.length > 0)
        return fail(`keys: ${unreadable.length} do not unwrap, and were left as they are`, 1);
      return older > 0 ? fail(`keys: ${older} ${OLDER}`, 1) : 0;
    }
    if (command !== 'rotate-tenant') return say(await more[command]!(database, wrapper));
    const known = await tenantsWithSecrets(database, columns);
    const tenants = argument === 'all' ? known : known.filter((id) => id === argument);
    if (tenants.length === 0 && argument !== 'all')
      return fail(`keys: no tenant ${argument} keeps a secret here`, 1);
    let unreadable = 0;
    for (const id of tenants) {
      const rotation = await rotateTenantKey(database, vault, id, columns);
      say(rotation);
      unreadable += rotation.unreadable.length;
    }
    return unreadable > 0 ? fail(`keys: ${unreadable} values do not open, and were left as they are`, 1) : 0;
  } finally {
    await database.destroy();
  }
}

/** Runs it as a program. */
export function runKeysCommand(service: KeysOfService): void {
  keysCommand(process.argv.slice(2), process.env, service).then(
    (code) => (process.exitCode = code),
    (error: unknown) => {
      process.exitCode = fail(`keys: ${error instanceof Error ? error.message : String(error)}`, 1);
    },
  );
}

/** @returns what is wrong, where something is */
function mastersOf({ SECRETS_KEY, SECRETS_KEY_FILE }: NodeJS.ProcessEnv): Buffer[] | string {
  try {
    return readMasterKeys({
      SECRETS_KEY: SECRETS_KEY || undefined,
      SECRETS_KEY_FILE: SECRETS_KEY_FILE || undefined,
    });
  } catch (error) {
    return (error as Error).message;
  }
}

function say(line: object): 0 {
  process.stdout.write(`${JSON.stringify(line)}\n`);
  return 0;
}

function fail(text: string, code: number): number {
  process.stderr.write(`${text}\n`);
  return code;
}

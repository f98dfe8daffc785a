import { accessRevoked, brokerNames, emailAddress, nameOf, type Revocation } from '@scrm/contracts';
import { connect } from 'amqplib';
import { identityDataSource } from './db/data-source';
import { PROVISIONING_ROLE } from './db/roles';
import { createTenant, listTenants, setTenantStatus } from './tenant/tenant.operator';

const USAGE = `usage: tenants.cli list | create <name> <admin's email> | suspend <id> | resume <id>\n`;

/**
 * For those who run the system. Needs DATABASE_URL; with RABBITMQ_URL (and BROKER_NAMESPACE, where it is not `scrm`) a
 * suspended tenant's people are out at once, without it within seconds.
 *
 *   node apps/user/dist/tenants.cli.js list
 *   node apps/user/dist/tenants.cli.js create 'Kopi Nusantara' admin@kopi.example
 *   node apps/user/dist/tenants.cli.js suspend <id>
 *   node apps/user/dist/tenants.cli.js resume <id>
 */
async function main(args: string[], { DATABASE_URL: url, ...env }: NodeJS.ProcessEnv): Promise<number> {
  const [command, what, email] = args;
  const wanted: Record<string, number> = { list: 1, create: 3, suspend: 2, resume: 2 };
  if (!command || wanted[command] !== args.length) return fail(USAGE, 2);
  if (!url) return fail('tenants: set DATABASE_URL\n', 78);
  const database = await identityDataSource(url, PROVISIONING_ROLE).initialize();
  try {
    if (command === 'list') return say(...(await listTenants(database)));
    if (command === 'create') {
      const name = nameOf(200).safeParse(what);
      const admin = emailAddress.safeParse(email);
      if (!name.success || !admin.success)
        return fail(
          `tenants: '${name.success ? email : what}' is no ${name.success ? 'email' : 'name'}\n`,
          2,
        );
      return say(await createTenant(database, name.data, admin.data));
    }
    const status = command === 'suspend' ? 'suspended' : 'active';
    const ended = await setTenantStatus(database, what!, status);
    if (!ended) return fail(`${what}: no tenant of this id was there to ${command}\n`, 1);
    if (env.RABBITMQ_URL) await announce(env.RABBITMQ_URL, env.BROKER_NAMESPACE, ended);
    return say({ id: what, status });
  } finally {
    await database.destroy();
  }
}

function say(...lines: object[]): number {
  for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
  return 0;
}

function fail(text: string, code: number): number {
  process.stderr.write(text);
  return code;
}

async function announce(url: string, namespace: string | undefined, revocation: Revocation) {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  const body = Buffer.from(JSON.stringify({ revocations: [revocation] }));
  channel.publish(brokerNames(namespace).exchange.events, accessRevoked.key, body, {
    type: accessRevoked.key,
  });
  await channel.waitForConfirms();
  await connection.close();
}

main(process.argv.slice(2), process.env).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`tenants: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);

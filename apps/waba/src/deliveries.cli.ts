import { NestFactory } from '@nestjs/core';
import { createLogger, Drain, Health, loadConfig, PlatformModule } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import { AppModule } from './app.module';
import { wabaConfig } from './config';
import { SYSTEM_DB } from './db/data-source';
import { WebhookService } from './webhook/webhook.service';

/**
 * For those who run the system: deliveries that belong to no tenant (not JSON, or for a number that nobody
 * registered) are seen and replayed here, the others through the API too.
 *
 *   node apps/waba/dist/deliveries.cli.js list [poison|unrouted|quarantined]
 *   node apps/waba/dist/deliveries.cli.js replay <id>
 */
async function main([command, argument]: string[]) {
  const config = loadConfig(wabaConfig, { PORT: '0', ...process.env });
  const logger = createLogger('waba-deliveries', 'error');
  // Only what is shared: a role's consumers must not begin to work in here.
  const module = AppModule.forRoot({ ...config, WABA_ROLES: ['scheduler'] }, { idle: true });
  const app = await NestFactory.createApplicationContext(PlatformModule.forRoot(logger, module), {
    logger: false,
  });
  try {
    await ready(app.get(Health));
    if (command === 'list') await list(app.get<DataSource>(SYSTEM_DB), argument ?? null);
    else if (command === 'replay' && argument) {
      const items = await app.get(WebhookService).putBack(argument);
      process.stdout.write(`${argument}: ${items} items on the road again\n`);
    } else {
      process.stderr.write('usage: deliveries.cli list [poison|unrouted|quarantined] | replay <id>\n');
      process.exitCode = 2;
    }
  } finally {
    await app.get(Drain).run(logger);
    await app.close();
  }
}

async function list(database: DataSource, status: string | null) {
  const rows = await database.query<Record<string, unknown>[]>(
    `SELECT id, received_at, status, reason, attempts, replayed_at, length(body) AS bytes FROM webhook_delivery
      WHERE status <> 'processed' AND ($1::text IS NULL OR status = $1) ORDER BY received_at DESC LIMIT 100`,
    [status],
  );
  for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
}

async function ready(health: Health) {
  for (let tries = 0; tries < 100; tries++) {
    if ((await health.readiness()).ready) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not reachable: ${JSON.stringify((await health.readiness()).checks)}`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`deliveries: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

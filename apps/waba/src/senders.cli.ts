import { SYSTEM_ROLE, wabaDataSource } from './db/data-source';
import { listSenders, resumeSender } from './sender/sender.operator';

/**
 * For those who run the system: a number that Meta's answers paused sends nothing until the cause is gone and
 * somebody resumes it. Needs DATABASE_URL only.
 *
 *   node apps/waba/dist/senders.cli.js list
 *   node apps/waba/dist/senders.cli.js resume <phone-number-id>
 */
async function main([command, phoneNumberId]: string[], url: string | undefined): Promise<number> {
  const isKnown = command === 'list' || (command === 'resume' && phoneNumberId);
  if (!url || !isKnown) {
    process.stderr.write(
      url ? 'usage: senders.cli list | resume <phone-number-id>\n' : 'senders: set DATABASE_URL\n',
    );
    return url ? 2 : 78;
  }
  const database = await wabaDataSource(url, SYSTEM_ROLE, 2).initialize();
  try {
    if (command === 'list') {
      for (const sender of await listSenders(database)) process.stdout.write(`${JSON.stringify(sender)}\n`);
      return 0;
    }
    if (await resumeSender(database, phoneNumberId!)) {
      process.stdout.write(`${phoneNumberId}: resumed\n`);
      return 0;
    }
    process.stderr.write(`${phoneNumberId}: no paused number has this id\n`);
    return 1;
  } finally {
    await database.destroy();
  }
}

main(process.argv.slice(2), process.env.DATABASE_URL).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`senders: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);

import type { DataSource } from 'typeorm';
import { auditedTenants, verifyAudit, type AuditHead } from './verify-audit';

const USAGE = `usage: audit.cli verify [<tenant> [<seq>:<hash>]]

Goes through the audit trail of all tenants, or of one, and names the first entry that was changed or taken out. With
the number and hash of an entry that was kept elsewhere it also sees whether the end was cut off.
`;

const HEAD = /^([1-9]\d{0,15}):([0-9a-f]{64})$/;

/** @returns the exit code: 0 all is as it was written, 1 something is not, 2 not understood, 78 not configured */
export async function auditCli(
  args: string[],
  open: (url: string) => Promise<DataSource>,
  url = process.env.DATABASE_URL,
): Promise<number> {
  const [command, tenant, kept] = args;
  const match = kept === undefined ? null : HEAD.exec(kept);
  if (command !== 'verify' || args.length > 3 || (kept !== undefined && !match)) return fail(USAGE, 2);
  if (!url) return fail('audit: set DATABASE_URL\n', 78);
  const head: AuditHead | undefined = match ? { seq: Number(match[1]), hash: match[2]! } : undefined;
  const database = await open(url);
  try {
    let code = 0;
    for (const tenantId of tenant ? [tenant] : await auditedTenants(database)) {
      const verdict = await verifyAudit(database, tenantId, head);
      process.stdout.write(`${JSON.stringify(verdict)}\n`);
      if (!verdict.ok) code = 1;
    }
    return code;
  } finally {
    await database.destroy();
  }
}

function fail(text: string, code: number): number {
  process.stderr.write(text);
  return code;
}

/** For the entry point of a service. */
export function runAuditCli(open: (url: string) => Promise<DataSource>): void {
  auditCli(process.argv.slice(2), open).then(
    (code) => (process.exitCode = code),
    (error: unknown) => {
      process.stderr.write(`audit: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}

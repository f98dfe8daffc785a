import { readFileSync } from 'node:fs';
import { v5 as uuidv5 } from 'uuid';
import { KeyVault } from '@scrm/database';
import { LocalKeyWrapper, readMasterKeys } from '@scrm/platform';
import { tokenPlace } from '../sender/sender.secrets';
import { SCHEMA, SYSTEM_ROLE, wabaDataSource } from './data-source';

/** The part of the demo that is ours; the user service reads the rest of the same file. */
interface Demo {
  tenant: { id: string };
  teams: { id: string; name: string }[];
  wabaId: string;
  accessToken: string;
  senders: { id: string; phoneNumberId: string; displayPhoneNumber: string; name: string; team: string }[];
  contacts: { name: string; waId: string }[];
  templates: {
    name: string;
    language: string;
    category: string;
    status: string;
    parameter_format: string;
    components: unknown[];
  }[];
}

/** Fills the demo tenant. Once or many times: what is there stays. */
async function seed(url: string, demo: Demo, masterKeys: Buffer[]) {
  const source = await wabaDataSource(url, SYSTEM_ROLE).initialize();
  const vault = new KeyVault(source, SCHEMA, new LocalKeyWrapper(masterKeys));
  const tenantId = demo.tenant.id;
  const idOf = (what: string) => uuidv5(what, tenantId);
  try {
    for (const s of demo.senders) {
      await source.query(
        `INSERT INTO sender (id, tenant_id, waba_id, phone_number_id, display_phone_number, name, default_team_id, access_token)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
        [
          s.id,
          tenantId,
          demo.wabaId,
          s.phoneNumberId,
          s.displayPhoneNumber,
          s.name,
          demo.teams.find((t) => t.name === s.team)?.id ?? null,
          await vault.seal(demo.accessToken, tokenPlace({ id: s.id, tenantId })),
        ],
      );
    }
    for (const c of demo.contacts) {
      await source.query(
        'INSERT INTO contact (id, tenant_id, name, wa_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
        [idOf(c.waId), tenantId, c.name, c.waId],
      );
    }
    for (const t of demo.templates) {
      await source.query(
        `INSERT INTO template (id, tenant_id, waba_id, name, language, category, status, parameter_format, components)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
        [
          idOf(`${t.name}:${t.language}`),
          tenantId,
          demo.wabaId,
          t.name,
          t.language,
          t.category,
          t.status,
          t.parameter_format,
          JSON.stringify(t.components),
        ],
      );
    }
  } finally {
    await source.destroy();
  }
}

const { DATABASE_URL, SECRETS_KEY, SEED_FILE, NODE_ENV } = process.env;
if (NODE_ENV === 'production') {
  process.stderr.write('seed: the demo tenant has no place in production\n');
  process.exit(1);
}
if (!DATABASE_URL || !SECRETS_KEY || !SEED_FILE) {
  process.stderr.write('seed: set DATABASE_URL, SECRETS_KEY and SEED_FILE\n');
  process.exit(78);
}
const demo = JSON.parse(readFileSync(SEED_FILE, 'utf8')) as Demo;
seed(DATABASE_URL, demo, readMasterKeys({ SECRETS_KEY })).then(
  () => process.stdout.write('waba: demo tenant is there\n'),
  (error: unknown) => {
    process.stderr.write(`seed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);

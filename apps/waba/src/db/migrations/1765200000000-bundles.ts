import type { MigrationInterface, QueryRunner } from 'typeorm';
import { unbundle } from '../bundle';

const SYSTEM = 'scrm_waba_system';
const PAGE = 100;

/**
 * Events and deliveries that came together are stored as one piece. The release before works with this schema, but can
 * not read what is in a bundle: see `STORED_BUNDLE`.
 */
export class Bundles1765200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  /** Takes every bundle apart: nothing is lost. */
  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`);
    await runner.query('CREATE INDEX webhook_delivery_bundle ON webhook_delivery (bundle_id, place)');
    await this.eachBundle<{ id: string; bodies: Buffer }>(runner, DELIVERIES, async ({ id, bodies }) => {
      const rows = unbundle(bodies).map((body) => body.toString('hex'));
      await runner.query(
        `UPDATE webhook_delivery SET body = decode(($2::text[])[place + 1], 'hex'), bundle_id = NULL, place = NULL
          WHERE bundle_id = $1`,
        [id, rows],
      );
      await runner.query('DELETE FROM webhook_bundle WHERE id = $1', [id]);
    });
    await this.eachBundle<BundledEvents>(runner, EVENTS, async ({ tenant_id: tenant, position, bundle }) => {
      const events = unbundle(bundle).map((event) => event.toString());
      await runner.query(
        `UPDATE stream_event e SET audience = c.content -> 'audience', data = c.content -> 'data',
                previous_audience = c.content -> 'previousAudience', bundled_at = NULL, bundle = NULL
           FROM unnest($3::json[]) WITH ORDINALITY AS c(content, n)
          WHERE e.tenant_id = $1 AND e.position = $2::bigint - cardinality($3) + c.n`,
        [tenant, position, events],
      );
    });
    for (const statement of DOWN) await runner.query(statement);
    for (const table of TABLES.slice(1)) await runner.query(`ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`);
  }

  /** @param undo leaves nothing of them to be found again */
  private async eachBundle<T>(runner: QueryRunner, question: string, undo: (row: T) => Promise<void>) {
    for (;;) {
      const rows = (await runner.query(question)) as T[];
      for (const row of rows) await undo(row);
      if (rows.length < PAGE) return;
    }
  }
}

interface BundledEvents {
  tenant_id: string;
  position: string;
  bundle: Buffer;
}

/** Their owner, too, sees only what a policy shows. */
const TABLES = ['webhook_bundle', 'webhook_delivery', 'stream_event'];
const DELIVERIES = `SELECT id, bodies FROM webhook_bundle LIMIT ${PAGE}`;
const EVENTS = `SELECT tenant_id, position, bundle FROM stream_event WHERE bundle IS NOT NULL LIMIT ${PAGE}`;

/** What is compressed already would not become smaller: it is stored as it comes. */
const UP = [
  `ALTER TABLE stream_event
     ALTER COLUMN audience DROP NOT NULL, ALTER COLUMN data DROP NOT NULL,
     ADD COLUMN bundled_at bigint, ADD COLUMN bundle bytea,
     ADD CONSTRAINT stream_event_content CHECK (bundled_at IS NOT NULL OR (audience IS NOT NULL AND data IS NOT NULL))`,
  'ALTER TABLE stream_event ALTER COLUMN bundle SET STORAGE EXTERNAL',
  `CREATE TABLE webhook_bundle (
    id uuid NOT NULL,
    bodies bytea NOT NULL,
    CONSTRAINT webhook_bundle_pk PRIMARY KEY (id)
  )`,
  'ALTER TABLE webhook_bundle ALTER COLUMN bodies SET STORAGE EXTERNAL',
  // It may hold what several tenants were sent.
  'ALTER TABLE webhook_bundle ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE webhook_bundle FORCE ROW LEVEL SECURITY',
  `CREATE POLICY system ON webhook_bundle TO ${SYSTEM} USING (true) WITH CHECK (true)`,
  `GRANT SELECT, INSERT, DELETE ON webhook_bundle TO ${SYSTEM}`,
  `ALTER TABLE webhook_delivery
     ALTER COLUMN body DROP NOT NULL, ADD COLUMN bundle_id uuid, ADD COLUMN place integer,
     ADD CONSTRAINT webhook_delivery_body CHECK (body IS NOT NULL OR (bundle_id IS NOT NULL AND place IS NOT NULL))`,
];

const DOWN = [
  'DROP TABLE webhook_bundle',
  'DROP INDEX webhook_delivery_bundle',
  `ALTER TABLE webhook_delivery
     DROP CONSTRAINT webhook_delivery_body, DROP COLUMN place, DROP COLUMN bundle_id, ALTER COLUMN body SET NOT NULL`,
  `ALTER TABLE stream_event
     DROP CONSTRAINT stream_event_content, DROP COLUMN bundle, DROP COLUMN bundled_at,
     ALTER COLUMN data SET NOT NULL, ALTER COLUMN audience SET NOT NULL`,
];

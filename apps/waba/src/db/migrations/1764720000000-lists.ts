import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An index for each order of the lists of numbers and templates; names as in a dictionary, by Unicode. */
export class Lists1764720000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(INDEXES)) await runner.query(`CREATE INDEX ${name} ON ${on}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await runner.query(`DROP INDEX ${name}`);
  }
}

const INDEXES = {
  sender_by_id: 'sender (tenant_id, id)',
  sender_by_name: 'sender (tenant_id, name COLLATE "und-x-icu", id)',
  template_by_id: 'template (tenant_id, id)',
  template_by_name: 'template (tenant_id, name COLLATE "und-x-icu", id)',
};

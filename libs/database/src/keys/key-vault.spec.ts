import { LocalKeyWrapper } from '@scrm/platform';
import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { KeyVault } from './key-vault';

/** As many tenants as there are, each with the key that is asked for. */
class Tenants {
  readonly rows = new Map<string, unknown[]>();
  asked = 0;
  readonly source = {
    query: async (sql: string, values: unknown[]) => {
      if (sql.startsWith('INSERT')) {
        const [id, tenantId, wrapped, masterKeyId] = values;
        this.rows.set(String(tenantId), [{ id, tenantId, wrapped, masterKeyId }]);
      }
      if (sql.includes('WHERE id = $1')) this.asked++;
      return this.rows.get(String(values[sql.includes('WHERE id = $1') ? 1 : 0])) ?? [];
    },
  } as unknown as DataSource;
}

it('keeps a thousand keys at hand, those that were used last', async () => {
  const tenants = new Tenants();
  const vault = () => new KeyVault(tenants.source, 'shop', new LocalKeyWrapper([Buffer.alloc(32)]));
  const places = Array.from({ length: 1_001 }, () => ({
    ...{ tenantId: uuidv7(), column: 'safe.secret', rowId: uuidv7() },
  }));
  const sealed: Buffer[] = [];
  for (const place of places) sealed.push(await vault().seal('secret', place));
  const reader = vault();
  const open = (n: number) => reader.open(sealed[n]!, places[n]!);
  for (let n = 0; n < 1_000; n++) await open(n);
  expect(tenants.asked).toBe(1_000);
  await open(0);
  expect(tenants.asked).toBe(1_000);
  // The one that was used longest ago makes room.
  await open(1_000);
  await open(0);
  expect(tenants.asked).toBe(1_001);
  await open(1);
  expect(tenants.asked).toBe(1_002);
});

import { createTestDatabase, type TestDatabase } from '@scrm/testing';
import fc from 'fast-check';
import { Client } from 'pg';
import { columnsOf } from '../src';

interface Item {
  id: string | null;
  name: string | null;
  said: object | null;
  seen: object | null;
  place: number | null;
  count: number | null;
  at: Date | null;
  bytes: Buffer | null;
}

const ITEMS = columnsOf<Item>({
  id: ['uuid', (i) => i.id],
  name: ['text', (i) => i.name],
  said: ['json', (i) => i.said && JSON.stringify(i.said)],
  seen: ['jsonb', (i) => i.seen && JSON.stringify(i.seen)],
  place: ['bigint', (i) => i.place],
  count: ['integer', (i) => i.count],
  at: ['timestamptz', (i) => i.at],
  bytes: ['bytea', (i) => i.bytes],
});

const READ = `
  SELECT r.id, r.name, r.said, r.seen, r.place::float8 AS place, r.count, r.at, r.bytes, pg_typeof(r.id)::text AS id_type,
         pg_typeof(r.said)::text AS said_type, pg_typeof(r.seen)::text AS seen_type, $1::int AS first
    FROM ${ITEMS.from(2)} r`;

const NOTHING: Item = {
  id: null,
  name: null,
  said: null,
  seen: null,
  place: null,
  count: null,
  at: null,
  bytes: null,
};

/** What Postgres takes as text: no NUL, no half of a pair. */
const text = fc.string({ unit: 'grapheme', maxLength: 300 }).map((t) => t.replaceAll('\0', ''));
const item: fc.Arbitrary<Item> = fc.record({
  id: fc.option(fc.uuid()),
  name: fc.option(text),
  said: fc.option(fc.record({ text, list: fc.array(fc.integer()) })),
  seen: fc.option(fc.record({ text })),
  place: fc.option(fc.maxSafeInteger()),
  count: fc.option(fc.integer()),
  at: fc.option(fc.date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })),
  bytes: fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
});

describe('rows as columns of a statement', () => {
  let database: TestDatabase;
  let client: Client;

  beforeAll(async () => {
    database = await createTestDatabase(() => Promise.resolve());
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  const read = async (items: Item[]) => {
    const { rows } = await client.query<Item & Record<string, unknown>>(READ, [7, ...ITEMS.values(items)]);
    return rows;
  };

  it('arrive as they were, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 40 }), async (items) => {
        const rows = await read(items);
        expect(
          rows.map(({ id, name, said, seen, place, count, at, bytes }) => ({
            id,
            name,
            said,
            seen,
            place,
            count,
            at,
            bytes,
          })),
        ).toEqual(items);
      }),
      { numRuns: 200 },
    );
  });

  it('have the types that were named', async () => {
    const [row] = await read([NOTHING]);
    expect(row).toMatchObject({ id_type: 'uuid', said_type: 'json', seen_type: 'jsonb', first: 7 });
  });

  it.each([
    '',
    'x',
    '01980000-0000-7000-8000-00000000000g',
    '01980000-0000-7000-8000-0000000000000',
    '٠1980000-0000-7000-8000-000000000000',
  ])('are refused with %j for a UUID', (id) => {
    expect(() => ITEMS.values([{ ...NOTHING, id }])).toThrow(TypeError);
  });

  it('may be longer than any before', async () => {
    const name = 'kopi ☕ '.repeat(50_000);
    const [row] = await read([{ ...NOTHING, name, bytes: Buffer.from(name) }]);
    expect(row).toMatchObject({ name, bytes: Buffer.from(name) });
  });
});

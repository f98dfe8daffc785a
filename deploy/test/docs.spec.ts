import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './manifests';
import { SCHEMAS } from './settings';

const rows = readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| `[A-Z_]+`/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
/** The first where a name is in several tables. */
const documented = new Map(rows.toReversed().map(([, name, value]) => [name!, value!]));

const settings = Object.entries(SCHEMAS).flatMap(([app, schema]) =>
  Object.entries(schema.shape).map(([name, type]) => ({
    app,
    name,
    type: type as { safeParse(v: unknown): { data?: unknown } },
  })),
);

it.each(settings)('$name of $app is explained', ({ name }) => {
  expect([...documented.keys()]).toContain(name);
});

// The simulator has a port of its own accord; in its image it is told one like all the others.
const withDefault = settings
  .map(({ app, name, type }) => ({ app, name, byDefault: type.safeParse(undefined).data }))
  .filter(
    ({ app, name, byDefault }) => byDefault !== undefined && `${app} ${name}` !== 'meta-simulator PORT',
  );

it.each(withDefault)('$name of $app is $byDefault by default, as the table says', ({ name, byDefault }) => {
  expect(documented.get(name)).toBe(String(byDefault));
});

it('explains nothing that nobody reads', () => {
  const known = new Set(settings.map(({ name }) => name));
  expect([...documented.keys()].filter((name) => !known.has(name))).toEqual([]);
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from './workspace';

/** A small tree that breaks each rule once, and what has to be said about it. */
const TREE: [rule: string, from: string, to: string][] = [
  ['no-circular', 'libs/a/src/egg.ts', 'libs/a/src/hen.ts'],
  ['no-unresolvable', 'libs/a/src/lost.ts', 'libs/a/src/nowhere.ts'],
  ['repository-is-the-end', 'apps/x/src/a/a.repository.ts', 'apps/x/src/a/a.service.ts'],
  ['repository-is-the-end', 'apps/x/src/b/b.repository.ts', 'apps/x/src/b/b.consumer.ts'],
  ['service-knows-no-entry-point', 'apps/x/src/b/b.service.ts', 'apps/x/src/a/a.rpc.ts'],
  ['nothing-calls-an-entry-point', 'apps/x/src/b/b.helper.ts', 'apps/x/src/b/b.controller.ts'],
  ['apps-are-islands', 'apps/x/src/c/c.service.ts', 'apps/y/src/config.ts'],
  ['libs-know-no-app', 'libs/a/src/up.ts', 'apps/y/src/config.ts'],
  ['nothing-imports-tools', 'apps/y/src/config.ts', 'tools/build.ts'],
  ['no-test-in-the-product', 'libs/a/src/product.ts', 'libs/a/test/helper.ts'],
  ['no-orphans', 'apps/x/src/alone.ts', ''],
];
/** The other half of the circle, which is reported once. */
const HALF = ['libs/a/src/hen.ts', 'libs/a/src/egg.ts'] as const;
/** What is as it should be. */
const FINE: [from: string, to: string][] = [
  ['apps/x/src/app.module.ts', 'apps/x/src/a/a.rpc.ts'],
  ['apps/x/src/a/a.rpc.ts', 'apps/x/src/c/c.service.ts'],
  ['apps/x/src/c/c.service.ts', 'apps/x/src/c/c.repository.ts'],
];

describe('the import rules', () => {
  let folder: string;
  let violations: string[];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'imports-'));
    const write = (file: string, text: string) => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    };
    write('tsconfig.json', '{}');
    write('package.json', '{}');
    const imports = [...TREE.map(([, from, to]) => [from, to] as const), HALF, ...FINE];
    for (const [, to] of imports) if (to && !to.includes('nowhere')) write(to, 'export const x = 1;\n');
    for (const from of new Set(imports.map(([from]) => from))) {
      const to = imports.filter((i) => i[0] === from && i[1]).map((i) => i[1].replace(/\.ts$/, ''));
      const up = '../'.repeat(from.split('/').length - 1);
      write(from, `${to.map((t) => `import '${up}${t}';`).join('\n')}\nexport const x = 1;\n`);
    }
    const config = join(ROOT, '.dependency-cruiser.cjs');
    const script = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const args = [script, 'apps', 'libs', '--config', config, '--output-type', 'json'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    if (!stdout) throw new Error(stderr);
    const { summary } = JSON.parse(stdout) as {
      summary: { violations: { from: string; to: string; rule: { name: string } }[] };
    };
    violations = summary.violations.map((v) => `${v.rule.name}: ${v.from} -> ${v.to}`);
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(TREE)('%s: %s -> %s', (rule, from, to) => {
    const said = violations.filter((v) => v.startsWith(`${rule}: ${from} -> `));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(to.includes('nowhere') ? 'nowhere' : to);
  });

  it('say nothing about the way down: entry point, service, repository', () => {
    const aboutFine = FINE.map(([from, to]) => `${from} -> ${to}`);
    expect(violations.filter((v) => aboutFine.some((fine) => v.endsWith(fine)))).toEqual([]);
  });
});

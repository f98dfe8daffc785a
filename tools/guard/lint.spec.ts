import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './workspace';

/** A rule that is switched off by accident is silent: so each is shown something that it must not like. */
const BOUNDARY = '@nx/enforce-module-boundaries';
const RESTRICTED = '@typescript-eslint/no-restricted-imports';
const use = (from: string) => `import * as it from '${from}';\nexport const used: unknown = it;\n`;
const test = (body: string) => `it('does', ${body});\n`;

const REFUSED: [what: string, file: string, code: string, rule: string][] = [
  ['contracts with a database', 'libs/contracts/src/broker.ts', use('@scrm/database'), BOUNDARY],
  ['contracts with mechanics', 'libs/contracts/src/broker.ts', use('@scrm/platform'), BOUNDARY],
  ['the gateway with a database', 'apps/back/src/config.ts', use('@scrm/database'), BOUNDARY],
  ['the sockets with a database', 'apps/ws/src/config.ts', use('@scrm/database'), BOUNDARY],
  ['mechanics with a database', 'libs/messaging/src/publisher.ts', use('@scrm/database'), BOUNDARY],
  ['a service with test helpers', 'apps/waba/src/config.ts', use('@scrm/testing'), BOUNDARY],
  ['a service with another one', 'apps/ws/src/config.ts', use('../../user/src/config'), BOUNDARY],
  ['the client with Node', 'libs/api-client/src/rest.ts', use('node:fs'), RESTRICTED],
  ['contracts with Node, by its old name', 'libs/contracts/src/broker.ts', use('crypto'), RESTRICTED],
  ['the sockets with Postgres', 'apps/ws/src/config.ts', use('pg'), RESTRICTED],
  ['the gateway with TypeORM', 'apps/back/src/config.ts', use('typeorm'), RESTRICTED],
  ['HTTP calls outside cloud-api', 'apps/waba/src/message/status.ts', use('undici'), RESTRICTED],
  [
    "Meta's words outside cloud-api",
    'apps/waba/src/message/status.ts',
    `export const body = { messaging_product: 'whatsapp' };`,
    'no-restricted-syntax',
  ],
  [
    'a promise that nobody waits for',
    'libs/platform/src/drain.ts',
    'export function f() {\n  Promise.resolve();\n}',
    '@typescript-eslint/no-floating-promises',
  ],
  [
    'a promise where a plain answer is expected',
    'libs/platform/src/drain.ts',
    'export const f = (): unknown => [1].forEach(async () => Promise.resolve());',
    '@typescript-eslint/no-misused-promises',
  ],
  ['any', 'libs/platform/src/drain.ts', 'export let x: any;', '@typescript-eslint/no-explicit-any'],
  ['console', 'libs/platform/src/drain.ts', `console.log('x');`, 'no-console'],
  [
    'an injected class that leaves no metadata',
    'libs/platform/src/drain.ts',
    `import { Injectable } from '@nestjs/common';
import type { Health } from './health';
@Injectable()
export class A {
  constructor(readonly health: Health) {}
}`,
    'house/injected-value',
  ],
  [
    'a rule switched off without a word',
    'libs/platform/src/drain.ts',
    '// eslint-disable-next-line no-console\nconsole.log(1);',
    'house/explained-disable',
  ],
  [
    'a test that runs alone',
    'tools/guard/lint.spec.ts',
    `it.only('x', () => expect(1).toBe(1));`,
    'jest/no-focused-tests',
  ],
  [
    'a test that is off',
    'tools/guard/lint.spec.ts',
    `it.skip('x', () => expect(1).toBe(1));`,
    'jest/no-disabled-tests',
  ],
  ['a test of nothing', 'tools/guard/lint.spec.ts', test('() => undefined'), 'jest/expect-expect'],
  [
    'an expectation that nobody waits for',
    'tools/guard/lint.spec.ts',
    test('() => {\n  expect(Promise.resolve(1)).resolves.toBe(1);\n}'),
    'jest/valid-expect',
  ],
  [
    'an expectation outside a test',
    'tools/guard/lint.spec.ts',
    'expect(1).toBe(1);',
    'jest/no-standalone-expect',
  ],
];

const ALLOWED: [what: string, file: string, code: string][] = [
  ['test helpers in the test of a service', 'apps/ws/test/model/world.ts', use('@scrm/testing')],
  ['Postgres in a service that owns a schema', 'apps/user/src/db/data-source.ts', use('typeorm')],
  ['the files of the library itself', 'libs/contracts/src/index.ts', use('./rpc/stream')],
  [
    'a class that is injected, imported as the value that it is',
    'libs/platform/src/drain.ts',
    `import { Injectable } from '@nestjs/common';
import { Health } from './health';
@Injectable()
export class A {
  constructor(readonly health: Health) {}
}`,
  ],
];

describe('the linter', () => {
  let answers: string[][];

  beforeAll(() => {
    const probes = [...REFUSED, ...ALLOWED].map(([, file, code]) => ({ file, code }));
    const output = execFileSync(process.execPath, [join(ROOT, 'tools/guard/lint-probe.mjs')], {
      cwd: ROOT,
      input: JSON.stringify(probes),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    answers = JSON.parse(output.toString()) as string[][];
  }, 120_000);

  it.each(REFUSED.map(([what, , , rule], at) => [what, rule, at] as const))(
    'refuses %s (%s)',
    (_, rule, at) => {
      expect(answers[at]).toContain(rule);
    },
  );

  it.each(ALLOWED.map(([what], at) => [what, at] as const))('allows %s', (_, at) => {
    expect(answers[REFUSED.length + at]).toEqual([]);
  });
});

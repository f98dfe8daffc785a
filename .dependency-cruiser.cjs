/** Who may import whom inside a project; between projects it is tools/guard/boundaries.json. */
const ENTRY = '\\.(controller|rpc|consumer|gateway)\\.ts$';
const SERVICE = '\\.service\\.ts$';
const REPOSITORY = '\\.repository\\.ts$';
/** Files beside `main.ts` put the service together, so they know all of it. */
const COMPOSITION = '^apps/[^/]+/src/[^/]+\\.ts$';
const TEST = '\\.(spec|it|e2e)\\.ts$|^(apps|libs)/[^/]+/test/|^test/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one thing, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'repository-is-the-end',
      comment: 'A repository knows rows, not who asks for them.',
      severity: 'error',
      from: { path: `^apps/.*${REPOSITORY}` },
      to: { path: [`^apps/.*${ENTRY}`, `^apps/.*${SERVICE}`] },
    },
    {
      name: 'service-knows-no-entry-point',
      comment: 'HTTP, the broker and the socket call the service, never back.',
      severity: 'error',
      from: { path: `^apps/.*${SERVICE}`, pathNot: COMPOSITION },
      to: { path: `^apps/.*${ENTRY}` },
    },
    {
      name: 'nothing-calls-an-entry-point',
      comment: 'Only the module and the composition root may name an entry point.',
      severity: 'error',
      from: {
        path: '^apps/',
        pathNot: ['\\.module\\.ts$', COMPOSITION, ENTRY, TEST],
      },
      to: { path: `^apps/.*${ENTRY}` },
    },
    {
      name: 'apps-are-islands',
      comment: 'Services speak over the broker, by contracts.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-know-no-app',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'nothing-imports-tools',
      comment: 'Tools start and check the system; they are no part of it.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: TEST },
      to: { path: '^tools/' },
    },
    {
      name: 'no-test-in-the-product',
      comment: 'What only tests need stays in tests.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [TEST, '^libs/testing/'] },
      to: { path: [TEST, '^libs/testing/'] },
    },
    {
      name: 'no-dev-dependency-in-the-product',
      comment: 'It is not installed where the service runs.',
      severity: 'error',
      from: { path: '^(apps|libs)/[^/]+/src/', pathNot: [TEST, '^libs/testing/'] },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: '^node_modules/@types/',
      },
    },
    {
      name: 'not-to-unlisted',
      comment: 'The package is there by accident, through another one.',
      severity: 'error',
      from: { path: '^(apps|libs)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-orphans',
      comment: 'Nobody needs the file: remove it, or use it.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: [TEST, '\\.d\\.ts$', '/migrations/', '(^|/)(main|index)\\.ts$', '^apps/[^/]+/public/'],
      },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/|^apps/[^/]+/public/' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Type imports count too: they are the ones that grow into real cycles.
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'types'],
    },
    skipAnalysisNotInRules: true,
  },
};

/**
 * What the reader of a change should not have to look for. Who may import whom is in tools/guard/boundaries.json
 * (between projects) and .dependency-cruiser.cjs (inside them).
 */
import { createRequire, builtinModules } from 'node:module';
import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import jest from 'eslint-plugin-jest';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import house from './tools/guard/eslint-rules.mjs';

// Without a project graph the boundary rule warns once and lets everything pass, so the graph is made here; in this
// process, since a daemon outlives the checkout it serves.
process.env.NX_DAEMON = 'false';
process.env.NX_ISOLATE_PLUGINS ??= 'false';
const require = createRequire(import.meta.url);
const { createProjectGraphAsync } = await import('@nx/devkit');
await createProjectGraphAsync();

const boundaries = require('./tools/guard/boundaries.json');
const TESTS = ['**/*.{spec,it,e2e}.ts', 'apps/*/test/**/*.ts', 'libs/*/test/**/*.ts', 'test/**/*.ts'];
/** What the clients of the test stacks are waited for with. */
const WAITS = ['rendered', 'closedWith', 'heard'].map((name) => `**.${name}`);
const TEST_CASES = ['**/*.{spec,it,e2e}.ts'];

const moduleBoundaries = (depConstraints) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    { allow: [], banTransitiveDependencies: true, enforceBuildableLibDependency: true, depConstraints },
  ],
});

/** Packages by name, with what is inside them: `pg`, `pg/lib/x`, not `./pg`. */
const packages = (...names) => `^(${names.join('|')})($|/)`;
const DATABASE = {
  regex: packages('pg', 'typeorm'),
  message: 'Only the services that own a schema talk to Postgres, and libs/database for them.',
};
const GRAPH = {
  regex: packages('undici', 'axios', '(node:)?https?'),
  message: "Only cloud-api calls Meta: the rest of waba doesn't know Meta's wire format.",
};
const NODE = {
  regex: packages('node:.*', ...builtinModules),
  message: 'This library also runs in browsers.',
};
/** Flat config replaces a rule's options, it does not add to them: each place lists all that it forbids. */
const forbid = (...patterns) => ({ '@typescript-eslint/no-restricted-imports': ['error', { patterns }] });

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.local/**',
      '.nx/**',
      '**/generated/**',
      'libs/api-client/openapi.json',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    plugins: { house },
    rules: {
      'house/explained-disable': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-unused-vars': ['error', { ignoreRestSiblings: true }],
    },
  },

  {
    name: 'scripts',
    files: ['**/*.{mjs,cjs,js}'],
    languageOptions: {
      globals: Object.fromEntries(Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly'])),
    },
  },
  {
    name: 'CommonJS scripts',
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { require: 'readonly', module: 'writable', __dirname: 'readonly' },
    },
  },
  {
    name: 'scripts that run in a browser',
    files: ['apps/*/public/**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['document', 'window', 'location', 'localStorage', 'EventSource', 'FileReader'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
  },

  {
    name: 'typescript',
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommended],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // In a `try`, a promise that is returned and not awaited rejects past the `catch`.
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      // Knows decorator metadata: in a file with decorators it asks for nothing that Nest would miss.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      'house/injected-value': 'error',
    },
  },
  {
    name: 'apps and libs',
    files: ['{apps,libs}/**/*.{ts,tsx}'],
    rules: {
      'no-console': 'error',
      ...moduleBoundaries(boundaries.source),
      ...forbid(DATABASE),
    },
  },
  {
    name: 'tests may use what is made for tests',
    files: TESTS,
    rules: moduleBoundaries(boundaries.tests),
  },
  {
    name: 'those who talk to Postgres',
    files: ['libs/{database,testing}/**/*.ts', 'apps/{user,waba}/**/*.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
  {
    name: "those who don't know Meta's wire format",
    files: ['apps/waba/src/**/*.ts'],
    ignores: ['apps/waba/src/cloud-api/**', ...TESTS],
    rules: {
      ...forbid(GRAPH),
      'no-restricted-syntax': [
        'error',
        ...['Identifier[name', 'Literal[value'].map((node) => ({
          selector: `${node}=/^(messaging_product|biz_opaque_callback_data|recipient_type)$/]`,
          message: GRAPH.message,
        })),
      ],
    },
  },
  {
    name: 'libraries that also run in browsers',
    files: ['libs/{contracts,api-client}/src/**/*.ts'],
    ignores: TESTS,
    rules: forbid(DATABASE, NODE),
  },

  {
    name: 'test cases',
    files: TEST_CASES,
    extends: [jest.configs['flat/recommended']],
    rules: {
      'jest/no-focused-tests': 'error',
      'jest/no-disabled-tests': 'error',
      'jest/valid-expect-in-promise': 'error',
      'jest/no-standalone-expect': [
        'error',
        { additionalTestBlockFunctions: ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'] },
      ],
      'jest/no-identical-title': 'error',
      // To wait for a condition is to assert it: a wait that is not fulfilled fails the test.
      'jest/expect-expect': [
        'error',
        { assertFunctionNames: ['expect', 'expect*', 'fc.assert', 'eventually', 'until', ...WAITS] },
      ],
      'jest/no-conditional-expect': 'error',
      // A rejected promise may be of any shape.
      '@typescript-eslint/only-throw-error': 'off',
    },
  },
  prettier,
);

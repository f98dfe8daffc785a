/**
 * One configuration, three tiers, told apart by name:
 *   *.spec.ts   pure code, beside the file it tests
 *   *.it.ts     one service against a real Postgres and a real RabbitMQ
 *   *.e2e.ts    the whole stack as child processes
 */
const path = require('node:path');
const libs = ['contracts', 'messaging', 'database', 'platform', 'testing', 'api-client'];
const swc = require('./tools/lib/swc.cjs');
/** These are ES modules: Node can require them, jest's own loader cannot. */
const esModule =
  '((@fastify/static/node_modules/)?content-disposition|openid-client|oauth4webapi|jose/dist/webapi)/';
const base = {
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': ['@swc/jest', { ...swc }], [esModule]: ['@swc/jest', { module: swc.module }] },
  transformIgnorePatterns: [`/node_modules/(?!${esModule})`],
  moduleNameMapper: Object.fromEntries(
    libs.map((l) => [`^@scrm/${l}$`, path.join(__dirname, 'libs', l, 'src')]),
  ),
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.local/', '<rootDir>/.nx/'],
};
module.exports = {
  maxWorkers: 2,
  testTimeout: 30_000,
  // A suite whose set-up failed half-way must not keep the run waiting for its connections.
  forceExit: true,
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/**/*.spec.ts'] },
    { ...base, displayName: 'integration', testMatch: ['<rootDir>/**/*.it.ts'] },
    { ...base, displayName: 'e2e', testMatch: ['<rootDir>/**/*.e2e.ts'] },
  ],
};

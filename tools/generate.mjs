/**
 * Writes what is made from the code: the OpenAPI document of the gateway, and the types of the REST client.
 * With `--check` it writes nothing and fails where a file is not what it would write.
 */
import { mkdirSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CLIENT = join(ROOT, 'libs/api-client');
const MADE =
  '/** Made by `node tools/generate.mjs` from the gateway: change the gateway, not this file. */\n';

const document = sorted(await apiDocument());
const types = await openapiTS(structuredClone(document), { alphabetize: true });
const files = new Map([
  [join(CLIENT, 'openapi.json'), `${JSON.stringify(document, null, 2)}\n`],
  [join(CLIENT, 'src/generated/schema.ts'), MADE + astToString(types)],
]);

if (process.argv.includes('--check')) check();
else write();

/** @returns {Promise<object>} */
async function apiDocument() {
  const require = createRequire(import.meta.url);
  loadTypeScript(require);
  const { offlineApiDocument } = require('../apps/back/src/openapi/offline-document.ts');
  return offlineApiDocument();
}

/**
 * Loads the sources as they are. A build could be an old one, and the check would then praise stale files.
 *
 * @param {NodeJS.Require} require
 */
function loadTypeScript(require) {
  const { transformSync } = require('@swc/core');
  const options = require('./lib/swc.cjs');
  const Module = require('node:module');
  const resolve = Module._resolveFilename;
  Module._resolveFilename = (/** @type {string} */ request, /** @type {unknown[]} */ ...rest) => {
    const lib = /^@scrm\/([a-z-]+)$/.exec(request)?.[1];
    return resolve(lib ? join(ROOT, 'libs', lib, 'src/index.ts') : request, ...rest);
  };
  require.extensions['.ts'] = (module, filename) => {
    const { code } = transformSync(readFileSync(filename, 'utf8'), {
      ...options,
      filename,
      sourceMaps: 'inline',
    });
    /** @type {any} */ (module)._compile(code, filename);
  };
}

/**
 * Keys of objects in one order, so that moving code around changes nothing. Lists keep theirs.
 *
 * @param {any} value
 * @returns {any}
 */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => [k, sorted(v)]));
}

function check() {
  const stale = [...files].filter(([file, text]) => !existsSync(file) || readFileSync(file, 'utf8') !== text);
  for (const [file] of stale)
    console.error(`generate: ${relative(ROOT, file)} is stale: run "node tools/generate.mjs"`);
  if (stale.length > 0) process.exitCode = 1;
  else console.log('generate: everything is fresh');
}

function write() {
  for (const [file, text] of files) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`generate: ${relative(ROOT, file)}`);
  }
}

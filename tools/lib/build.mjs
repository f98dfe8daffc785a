/** The build: Nx does the work and knows what to leave out, but asking it costs seconds. So look first. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CHECKOUT, readJson, ROOT } from './files.mjs';
import { withLock } from './lock.mjs';

const STAMP = join(CHECKOUT, 'cache', 'build');
const NOT_INPUT = new Set(['dist', 'node_modules', 'coverage', 'test']);

/**
 * @param {import('./processes.mjs').Processes} processes
 * @param {(text: string) => void} note
 */
export async function buildAll(processes, note) {
  if (isBuilt(fingerprint())) return note('nothing changed');
  await withLock(
    join(CHECKOUT, 'locks', 'build'),
    async () => {
      // Taken before the build: an edit made meanwhile is built the next time.
      const inputs = fingerprint();
      if (isBuilt(inputs)) return note('nothing changed');
      note('nx run-many -t build');
      await processes.run(
        {
          name: 'build',
          command: process.execPath,
          args: [nx(), 'run-many', '-t', 'build', '--outputStyle=static'],
          cwd: ROOT,
          env: { ...process.env, NX_DAEMON: 'false', NX_NO_CLOUD: 'true', NX_TUI: 'false', FORCE_COLOR: '0' },
          log: join(CHECKOUT, 'logs', 'build.log'),
        },
        { showFailure: true },
      );
      mkdirSync(dirname(STAMP), { recursive: true });
      writeFileSync(STAMP, inputs);
    },
    (holder) => note(`waiting for process ${holder.pid}, which builds`),
  );
}

/** Where Nx's program is moves between its versions; its package says. */
function nx() {
  const folder = join(ROOT, 'node_modules', 'nx');
  return join(folder, readJson(join(folder, 'package.json'))?.bin.nx ?? 'bin/nx.js');
}

/** @param {string} inputs */
function isBuilt(inputs) {
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== inputs) return false;
  return projects().every(
    (project) => !existsSync(join(project, 'src')) || existsSync(join(project, 'dist')),
  );
}

/** What the build is made of, contents and all: a few hundred files, read in some tens of milliseconds. */
function fingerprint() {
  const hash = createHash('sha256');
  const files = ['.swcrc', 'nx.json', 'package.json', 'package-lock.json', 'tsconfig.base.json'];
  for (const file of [...files.map((name) => join(ROOT, name)), ...projects().flatMap(filesIn)])
    if (existsSync(file))
      hash.update(file.slice(ROOT.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function projects() {
  return ['apps', 'libs'].flatMap((kind) => {
    const folder = join(ROOT, kind);
    if (!existsSync(folder)) return [];
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  });
}

/** @param {string} folder @returns {string[]} */
function filesIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    if (NOT_INPUT.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : entry.isFile() ? [path] : [];
  });
}

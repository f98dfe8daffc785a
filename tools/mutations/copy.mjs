/** A throw-away copy of the checkout, which may be broken as one likes. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readJson } from '../lib/files.mjs';
import { Problem } from '../lib/say.mjs';

/**
 * What git tracks, and what it would with the next `git add .`, as it is now. Packages are linked; those of the
 * workspace itself into the copy, or else it would be the original that is tested.
 *
 * @param {string} root
 * @param {string} copy
 * @returns {number} how many files
 */
export function copyCheckout(root, copy) {
  const files = listed(root).filter((file) => existsSync(join(root, file)));
  for (const file of files) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file), { verbatimSymlinks: true });
  }
  linkPackages(root, copy);
  return files.length;
}

/** @param {string} root */
function listed(root) {
  try {
    const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return [...new Set(list.toString().split('\0'))].filter(Boolean);
  } catch {
    throw new Problem('git cannot list the files of this folder: mutations need a git checkout');
  }
}

/** @param {string} root @param {string} copy */
function linkPackages(root, copy) {
  const from = join(root, 'node_modules');
  const to = join(copy, 'node_modules');
  mkdirSync(to, { recursive: true });
  const own = workspacePackages(copy);
  const scopes = new Set([...own.keys()].map((name) => name.split('/')[0]));
  for (const entry of readdirSync(from)) {
    if (!scopes.has(entry)) symlinkSync(join(from, entry), join(to, entry));
  }
  for (const [name, folder] of own) {
    mkdirSync(dirname(join(to, name)), { recursive: true });
    symlinkSync(folder, join(to, name));
  }
}

/** @param {string} copy @returns {Map<string, string>} folders by the name of the package */
function workspacePackages(copy) {
  const found = new Map();
  for (const kind of ['apps', 'libs']) {
    for (const name of readdirSync(join(copy, kind))) {
      const folder = join(copy, kind, name);
      const manifest = readJson(join(folder, 'package.json'));
      if (manifest?.name) found.set(manifest.name, folder);
    }
  }
  return found;
}

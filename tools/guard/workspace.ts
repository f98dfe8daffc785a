import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '../..');

export interface Project {
  folder: string;
  tags: string[];
}

export function projects(): Project[] {
  return ['apps', 'libs'].flatMap((kind) =>
    readdirSync(join(ROOT, kind), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => {
        const folder = `${kind}/${name}`;
        const manifest = JSON.parse(read(`${folder}/package.json`)) as { nx?: { tags?: string[] } };
        return { folder, tags: manifest.nx?.tags ?? [] };
      }),
  );
}

/** What is in the repository, and what would be with the next `git add .`. */
export function files(): string[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    maxBuffer: 64 * 1024 * 1024,
  });
  // A file that was removed and not yet committed is still listed.
  return [...new Set(list.toString().split('\0'))].filter((file) => file && existsSync(join(ROOT, file)));
}

export const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/**
 * npm run check: what a reviewer would ask for before reading. Two steps at a time; a step speaks only where it
 * fails, and the exit code is 1 where one did.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const AT_A_TIME = 2;

/** The longest first, so that the short ones fill the other lane. */
const STEPS = [
  { name: 'lint', command: program('eslint'), args: ['.', '--max-warnings', '0'] },
  { name: 'types', command: program('typescript', 'tsc'), args: ['-p', 'tsconfig.json', '--noEmit'] },
  { name: 'format', command: program('prettier'), args: ['--check', '.', '--log-level', 'warn'] },
  {
    name: 'imports',
    command: program('dependency-cruiser', 'depcruise'),
    args: ['apps', 'libs', '--config', '.dependency-cruiser.cjs'],
  },
  { name: 'generated files', command: join(ROOT, 'tools/generate.mjs'), args: ['--check'] },
].filter(({ command }) => existsSync(command));

/** The script behind a package's command: no shell and no npx, which differ between machines. */
function program(name, bin = name) {
  const folder = join(ROOT, 'node_modules', name);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[bin]);
}

const children = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const child of children) child.kill();
    process.exit(1);
  });
}

/** @param {{name: string, command: string, args: string[]}} step */
function run({ name, command, args }) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(process.execPath, [command, ...args], {
      cwd: ROOT,
      env: { ...process.env, FORCE_COLOR: '0', NX_DAEMON: 'false' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code) => {
      children.delete(child);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const passed = code === 0;
      console.log(`check: ${name.padEnd(16)} ${passed ? 'ok    ' : 'FAILED'} ${seconds.padStart(5)} s`);
      if (!passed) process.stdout.write(Buffer.concat(output));
      resolve(passed);
    });
  });
}

const waiting = [...STEPS];
let passed = true;
await Promise.all(
  Array.from({ length: AT_A_TIME }, async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) passed = (await run(step)) && passed;
  }),
);
process.exitCode = passed ? 0 : 1;

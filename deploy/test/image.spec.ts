import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './manifests';
import { SCHEMAS } from './settings';

const dockerfile = readFileSync(join(ROOT, 'deploy/Dockerfile'), 'utf8').replaceAll(/\\\n/g, ' ');
const lines = dockerfile.split('\n').filter((line) => line && !line.startsWith('#'));
const final = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM')));
const command = JSON.parse(final.at(-1)!.slice('CMD '.length)) as string[];
const flags = command.slice(1, -1);

it('builds on the long-term release of Node', () => {
  expect(lines[0]).toMatch(/^ARG NODE_IMAGE=node:24-[a-z]+-slim$/);
  const bases = lines.filter((line) => line.startsWith('FROM')).map((line) => line.split(' ')[1]);
  expect(bases.filter((base) => !['${NODE_IMAGE}', 'build'].includes(base!))).toEqual([]);
});

it('runs as a user who is not root, said by number, with Node as process 1', () => {
  expect(final).toContain('USER 1000:1000');
  expect(final).toContain('STOPSIGNAL SIGTERM');
  expect(command[0]).toBe('node');
  expect(command.at(-1)).toBe('dist/main.js');
  expect(final.filter((line) => /^(RUN|ENTRYPOINT|ADD)/.test(line))).toEqual([]);
});

it('starts services with the flags that `npm start` and its measurements have', () => {
  const tells = `import('./tools/lib/services.mjs').then((it) => console.log(JSON.stringify(it.NODE_FLAGS)))`;
  const { stdout } = spawnSync(process.execPath, ['--eval', tells], { cwd: ROOT, encoding: 'utf8' });
  expect(flags).toEqual(JSON.parse(stdout));
});

it('has stacks that name the lines of the sources', () => {
  const fails = `require('./libs/messaging/dist/bundle.js').bundle([{}, {}])`;
  const { stderr } = spawnSync(process.execPath, [...flags, '--eval', fails], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(stderr).toMatch(/libs\/messaging\/src\/bundle\.ts:\d+:\d+/);
});

it('ships production dependencies only, and no file of the build but what runs', () => {
  expect(dockerfile).toContain('npm ci --omit=dev');
  expect(final.filter((line) => line.startsWith('COPY')).map((line) => line.split(' ')[1])).toEqual([
    '--from=dependencies',
    '--from=dependencies',
    '--from=service',
  ]);
});

it('has no mail server in it: that is for development only', () => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>;
  const ofTheCatcher = ['postal-mime', 'smtp-server'];
  expect(ofTheCatcher.filter((name) => dependencies![name])).toEqual([]);
  expect(Object.keys(devDependencies!)).toEqual(expect.arrayContaining(ofTheCatcher));
});

it('leaves no certificate and no secret in a layer', () => {
  expect(lines.filter((line) => /^ARG NODE_EXTRA_CA_CERTS$/.test(line))).toHaveLength(2);
  expect(final.join('\n')).not.toMatch(/CERT|SECRET|TOKEN|PASSWORD/);
  expect(lines.filter((line) => /npm ci/.test(line) && !line.includes('--mount=type=secret,id=ca'))).toEqual(
    [],
  );
});

it('has an image for every app that is a service', () => {
  const apps = readdirSync(join(ROOT, 'apps')).filter((app) =>
    existsSync(join(ROOT, 'apps', app, 'src/main.ts')),
  );
  expect(apps.sort()).toEqual(Object.keys(SCHEMAS).sort());
});

it('sends nothing to the build that it does not need', () => {
  const ignore = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((l) => l && !l.startsWith('#'));
  expect(ignore[0]).toBe('*');
  const let_in = ignore.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  expect(let_in.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  expect(let_in).toEqual(
    expect.arrayContaining(['package.json', 'package-lock.json', '.npmrc', 'nx.json', '.swcrc']),
  );
  expect(ignore).toEqual(expect.arrayContaining(['**/node_modules', '**/dist']));
});

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './manifests';
import { wabaRoleProblems } from './policy';
import { appOf, drainLimit, environmentProblems, isPinned } from './settings';

interface Service {
  image: string;
  build?: { args: { APP: string } };
  command?: string[];
  environment?: Record<string, string | number | null>;
  ports?: string[];
  profiles?: string[];
  env_file?: unknown;
  healthcheck?: Record<string, unknown>;
  read_only?: boolean;
  cap_drop?: string[];
  stop_grace_period?: string;
  depends_on?: Record<string, { condition: string }>;
}
interface Compose {
  name?: string;
  services: Record<string, Service>;
}

const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const dev = readEnv(readFileSync(join(ROOT, 'deploy/dev.env'), 'utf8'));

const composeWith = (env: Record<string, string>) =>
  parse(interpolate(text, env), { merge: true }) as Compose;

/** As the file says it, with the settings for development. */
const compose = composeWith(dev);
const services = Object.entries(compose.services);
const ours = services.filter(([, s]) => appOf(s.image));
const running = ours.filter(([, s]) => !s.command);

function problems(compose: Compose): string[] {
  return Object.entries(compose.services).flatMap(([name, { image, command, environment }]) => {
    const app = appOf(image);
    const env = Object.fromEntries(
      Object.entries(environment ?? {}).map(([key, value]) => [key, String(value ?? '')]),
    );
    return app ? environmentProblems(app, command, env).map((problem) => `${name}: ${problem}`) : [];
  });
}

it('tells every service what it needs, in values that it takes, and nothing that it does not read', () => {
  expect(running.map(([name]) => name)).toEqual(
    'user waba-ingress waba-worker waba-scheduler back ws-1 ws-2 meta-simulator'.split(' '),
  );
  expect(problems(compose)).toEqual([]);
});

it('would notice a wrong name, a missing one and a wrong value', () => {
  const { user, back } = composeWith(dev).services;
  expect(
    problems({ services: { user: { ...user!, environment: { ...user!.environment, LOGLEVEL: 'info' } } } }),
  ).toEqual(['user: nobody reads LOGLEVEL']);
  expect(
    problems({ services: { back: { ...back!, environment: { ...back!.environment, JWKS_URL: '' } } } }),
  ).toEqual([expect.stringContaining('back: JWKS_URL')]);
  expect(problems(composeWith({ ...dev, SECRETS_KEY: 'c2hvcnQ=' }))).toEqual([
    expect.stringContaining('user: SECRETS_KEY'),
    expect.stringContaining('waba-worker: SECRETS_KEY'),
    expect.stringContaining('waba-scheduler: SECRETS_KEY'),
  ]);
});

it('has all roles of waba, each on its own', () => {
  const roles = running.flatMap(([, s]) => s.environment?.WABA_ROLES ?? []).map(String);
  expect(wabaRoleProblems(roles)).toEqual([]);
  expect(roles).toHaveLength(3);
  expect(wabaRoleProblems(roles.slice(1))).toEqual(["nobody is waba's ingress"]);
});

it('listens where `npm start` does', () => {
  const ports = Object.fromEntries(running.flatMap(([name, s]) => (s.ports ? [[name, s.ports]] : [])));
  const at = (port: number) => [`127.0.0.1:${port}:${port}`];
  expect(ports).toEqual({
    back: at(3000),
    user: at(3002),
    'waba-ingress': at(3003),
    'meta-simulator': at(3004),
    'ws-1': at(3010),
    'ws-2': at(3011),
  });
  for (const [, { environment, ports = [] }] of running)
    for (const port of ports) expect(port.split(':').at(-1)).toBe(String(environment?.PORT));
});

it('has the tables before anybody uses them', () => {
  const using = services.filter(([, s]) => /@postgres:5432/.test(String(s.environment?.DATABASE_URL)));
  expect(using.length).toBe(7);
  for (const [name, { depends_on: needs = {} }] of using) {
    const expected = name.endsWith('-migrate')
      ? { postgres: { condition: 'service_healthy' } }
      : {
          'user-migrate': { condition: 'service_completed_successfully' },
          'waba-migrate': { condition: 'service_completed_successfully' },
        };
    expect({ name, needs }).toMatchObject({ name, needs: expected });
  }
});

it('lets only migrations and the demo log in as the owner', () => {
  const owners = services.filter(([, s]) => String(s.environment?.DATABASE_URL).includes('scrm_owner'));
  expect(owners.map(([name]) => name)).toEqual(['user-migrate', 'waba-migrate', 'user-seed', 'waba-seed']);
});

it('starts Meta’s stand-in and the demo for development only', () => {
  const always = services.filter(([, s]) => !s.profiles).map(([name]) => name);
  expect(always.filter((name) => /simulator|seed/.test(name))).toEqual([]);
  expect(dev.NODE_ENV).toBe('development');
  expect(composeWith({ ...dev, NODE_ENV: '' }).services.back?.environment?.NODE_ENV).toBe('production');
});

it('has no secret of its own', () => {
  const withDefault = [...text.matchAll(/\$\{(\w*(?:PASSWORD|SECRET|KEY|TOKEN)\w*)(?!\w|:\?)/g)].map(
    ([, name]) => name,
  );
  expect(withDefault).toEqual([]);
  expect(() => composeWith({ ...dev, META_APP_SECRETS: '' })).toThrow('META_APP_SECRETS');
  const used = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
  expect(Object.keys(dev).filter((name) => !used.has(name) && name !== 'COMPOSE_PROFILES')).toEqual([]);
});

it('runs services as Kubernetes does: read-only, without capabilities, with the time to drain', () => {
  for (const [name, s] of running) {
    expect({ name, readOnly: s.read_only, drop: s.cap_drop }).toEqual({
      name,
      readOnly: true,
      drop: ['ALL'],
    });
    expect(Number.parseInt(s.stop_grace_period ?? '10s', 10)).toBeGreaterThan(drainLimit());
    expect(s.healthcheck).toBeDefined();
  }
});

it('has a version for every image, and builds ours from the one Dockerfile', () => {
  expect(services.filter(([, s]) => !isPinned(s.image)).map(([name]) => name)).toEqual([]);
  expect(ours.map(([, s]) => s.build?.args.APP)).toEqual(ours.map(([, s]) => appOf(s.image)));
  expect(isPinned('postgres')).toBe(false);
  expect(isPinned('postgres:latest')).toBe(false);
  expect(isPinned('registry:5000/scrm/back')).toBe(false);
});

it('keeps to what docker-compose 1.29 knows', () => {
  expect(compose.name).toBeUndefined();
  expect(services.filter(([, s]) => s.env_file || s.healthcheck?.start_interval)).toEqual([]);
});

const installed = spawnSync('docker-compose', ['version']).error === undefined;
if (!installed) {
  process.stderr.write('deploy: no docker-compose on the PATH: `docker-compose config` is NOT run\n');
}
const withTool = installed ? describe : describe.skip;

withTool('docker-compose itself', () => {
  it('takes the file, but not without its secrets', () => {
    const config = (...args: string[]) =>
      spawnSync('docker-compose', [...args, 'config', '-q'], { cwd: ROOT, encoding: 'utf8' });
    expect(config('--env-file', 'deploy/dev.env')).toMatchObject({ status: 0 });
    expect(config('--env-file', '/dev/null')).toMatchObject({ status: 1 });
  });
});

function readEnv(file: string): Record<string, string> {
  const lines = file.split('\n').filter((line) => /^\w+=/.test(line));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** `${NAME}`, `${NAME:-default}` and `${NAME:?message}`. */
function interpolate(template: string, env: Record<string, string>): string {
  const body = template.replaceAll(/^\s*#.*$/gm, '');
  return body.replaceAll(
    /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (_, name: string, mode?: string, rest?: string) => {
      const value = env[name];
      if (value) return value;
      if (mode !== '-') throw new Error(`${name}: ${rest ?? 'not set'}`);
      return rest ?? '';
    },
  );
}

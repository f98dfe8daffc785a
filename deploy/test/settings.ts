import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { backConfig } from '../../apps/back/src/config';
import { configSchema as simulatorConfig } from '../../apps/meta-simulator/src/config';
import { userConfig } from '../../apps/user/src/config';
import { wabaConfig } from '../../apps/waba/src/config';
import { wsConfig } from '../../apps/ws/src/config';
import { ROOT } from './manifests';

/** What each service reads from its environment: its own schemas, so that this cannot grow old. */
export const SCHEMAS: Record<string, z.ZodObject> = {
  back: backConfig,
  'meta-simulator': simulatorConfig,
  user: userConfig,
  waba: wabaConfig,
  ws: wsConfig,
};

/** Read by Node itself. */
const OF_NODE = new Set(['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS']);

/** Programs of an image other than the service, and what they read. */
const PROGRAMS: Record<string, { needs: string[]; knows: string[] }> = {
  'dist/db/migrate.js': { needs: ['DATABASE_URL'], knows: [] },
  'dist/db/seed-demo.js': { needs: ['DATABASE_URL', 'SEED_FILE'], knows: ['NODE_ENV', 'SECRETS_KEY'] },
  '/setup/configure-simulator.mjs': {
    needs: ['SIMULATOR_URL', 'WABA_URL', 'META_APP_SECRETS', 'META_VERIFY_TOKEN'],
    knows: [],
  },
};

/**
 * What is wrong with the environment of a program of this image: names that nobody reads, missing ones, and values
 * that the service would refuse.
 */
export function environmentProblems(
  app: string,
  command: string[] | undefined,
  env: Record<string, string>,
): string[] {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const program = command?.at(-1);
  if (program) {
    const expected = PROGRAMS[program];
    if (!expected) return [`unknown program ${program}`];
    const known = [...expected.needs, ...expected.knows];
    return [
      ...Object.keys(env)
        .filter((name) => !known.includes(name) && !OF_NODE.has(name))
        .map(unknown),
      ...expected.needs.filter((name) => !(name in given)).map((name) => `${name} is missing`),
    ];
  }
  const schema = SCHEMAS[app];
  if (!schema) return [`no service ${app}`];
  const result = schema.safeParse(given);
  return [
    ...Object.keys(env)
      .filter((name) => !(name in schema.shape) && !OF_NODE.has(name))
      .map(unknown),
    ...(result.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  ];
}
const unknown = (name: string) => `nobody reads ${name}`;

/** `registry.example.com/scrm/waba:0.1.0` is an image of waba; others are not ours. */
export const appOf = (image: string) => /(?:^|\/)scrm\/([a-z-]+)(?:[:@]|$)/.exec(image)?.[1];

/** How long a service may drain, in seconds, as it stands in the code. */
export const drainLimit = () => {
  const source = readFileSync(join(ROOT, 'libs/platform/src/service.ts'), 'utf8');
  const [, ms] = /DRAIN_LIMIT_MS = ([\d_]+)/.exec(source) ?? [];
  if (!ms) throw new Error('libs/platform/src/service.ts no longer says DRAIN_LIMIT_MS');
  return Number(ms.replaceAll('_', '')) / 1000;
};

export const isPinned = (image: string) =>
  /@sha256:[0-9a-f]{64}$/.test(image) || (/:[^/:]+$/.test(image) && !image.endsWith(':latest'));

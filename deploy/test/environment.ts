import { ofKind, podLabels, podOf, type Container, type Manifest } from './manifests';
import { appOf, environmentProblems } from './settings';

/** What the container will find in its environment, which of it comes from a Secret, and what is missing. */
export function environmentOf(container: Container, all: Manifest[]) {
  const env: Record<string, string> = {};
  const secret = new Set<string>();
  const missing: string[] = [];
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    const [kind, name] = configMapRef ? ['ConfigMap', configMapRef.name] : ['Secret', secretRef!.name];
    const source = ofKind(all, kind).find((m) => m.metadata.name === name);
    if (!source) missing.push(`there is no ${kind} ${name}`);
    for (const [key, value] of Object.entries(source?.data ?? {})) {
      env[key] = secretRef ? Buffer.from(value, 'base64').toString('utf8') : value;
      if (secretRef) secret.add(key);
    }
  }
  for (const { name, value } of container.env ?? []) {
    env[name] = value ?? '';
    secret.delete(name);
  }
  return { env, secret, missing };
}

/** Stand in for the secrets that the repository leaves empty. */
const SAMPLES: Record<string, string> = {
  RABBITMQ_URL: 'amqps://scrm:x@rabbitmq:5671',
  DATABASE_URL: 'postgres://scrm:x@postgres:5432/scrm',
  SECRETS_KEY: Buffer.alloc(32).toString('base64'),
  META_APP_SECRETS: 'x',
  META_VERIFY_TOKEN: 'x',
};

/** What is wrong with the environment that the manifests give to a container. */
export function containerProblems(container: Container, all: Manifest[]): string[] {
  const app = appOf(container.image);
  if (!app) return [`not an image of ours: ${container.image}`];
  const { env, secret, missing } = environmentOf(container, all);
  const filled = Object.entries(env).map(([name, value]) => [
    name,
    value === '' && secret.has(name) ? (SAMPLES[name] ?? '') : value,
  ]);
  return [
    ...missing,
    ...environmentProblems(app, container.command, Object.fromEntries(filled) as Record<string, string>),
  ];
}

/** Which label a pod needs for what is in its environment. */
const FLOWS: [variable: string, label: string][] = [
  ['RABBITMQ_URL', 'scrm/to-broker'],
  ['DATABASE_URL', 'scrm/to-database'],
  ['JWKS_URL', 'scrm/to-user'],
  ['SMTP_URL', 'scrm/to-mail'],
];

/** Where a pod's labels and its settings do not say the same about whom it talks to. */
export function flowProblems(manifest: Manifest, all: Manifest[]): string[] {
  const { env, secret } = environmentOf(podOf(manifest).containers[0]!, all);
  return FLOWS.flatMap(([name, label]) => {
    // A database address that is no secret is a filler, for a role that does not use one.
    const isUsed = name === 'DATABASE_URL' ? secret.has(name) : name in env;
    const mayGo = podLabels(manifest)[label] === 'true';
    if (isUsed === mayGo) return [];
    return [
      isUsed
        ? `has ${name}, but not the label ${label}`
        : `has the label ${label}, but no ${name} of its own`,
    ];
  });
}

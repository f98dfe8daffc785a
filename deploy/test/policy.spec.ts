import { ofKind, podLabels, podOf, readBase, read, type Manifest } from './manifests';
import { modelProblems } from './models';
import { RULES } from './policy';

/** A rule that nothing can break proves nothing: each is broken here once. */
type Breakage = [rule: string, change: (all: Manifest[]) => void, problem: string];

/** A small system that keeps all the rules; its settings and its image versions are put in. */
function healthy(): Manifest[] {
  const settings = [
    settingsOf('ConfigMap', 'scrm-common', { LOG_LEVEL: 'info' }),
    settingsOf('ConfigMap', 'scrm-tokens', { JWKS_URL: 'http://user/jwks' }),
    settingsOf('ConfigMap', 'scrm-ws', { DRAIN_SPREAD_MS: '12000' }),
    settingsOf('ConfigMap', 'scrm-waba', { GRAPH_VERSION: 'v25.0' }),
    settingsOf('Secret', 'scrm-broker', { RABBITMQ_URL: '' }),
    settingsOf('Secret', 'scrm-user', {
      DATABASE_URL: '',
      SECRETS_KEY: '',
      SMTP_URL: '',
      MAIL_FROM: '',
      CONSOLE_URL: '',
    }),
    settingsOf('Secret', 'scrm-waba', { DATABASE_URL: '', SECRETS_KEY: '' }),
    settingsOf('Secret', 'scrm-meta', { META_APP_SECRETS: '', META_VERIFY_TOKEN: '' }),
  ];
  const base = readBase();
  for (const m of ofKind(base, 'Deployment')) {
    podOf(m).containers[0]!.image += ':1.0.0';
    if (m.metadata.name === 'ws') podOf(m).terminationGracePeriodSeconds = 150;
  }
  const others = ['foundation/network-policies.yaml', 'overlays/production/ingress.yaml'].flatMap(read);
  return structuredClone([...base, ...others, ...settings]);
}

const settingsOf = (kind: string, name: string, data: Record<string, string>) =>
  ({ apiVersion: 'v1', kind, metadata: { name }, data }) as unknown as Manifest;

const deployment = (all: Manifest[], name: string) =>
  ofKind(all, 'Deployment').find((m) => m.metadata.name === name)!;
const pod = (all: Manifest[], name: string) => podOf(deployment(all, name));
const container = (all: Manifest[], name: string) => pod(all, name).containers[0]!;
const drop = (all: Manifest[], kind: string, name: string) =>
  all.splice(
    all.findIndex((m) => m.kind === kind && m.metadata.name === name),
    1,
  );
const setEnv = (all: Manifest[], service: string, name: string, value: string) =>
  (container(all, service).env = [
    ...(container(all, service).env ?? []).filter((e) => e.name !== name),
    { name, value },
  ]);

const BREAKAGES: Breakage[] = [
  [
    'every object is',
    (all) => void ((deployment(all, 'back').spec as unknown as { replicas: string }).replicas = '2'),
    'replicas must be integer',
  ],
  [
    'every object is',
    (all) => void ((container(all, 'back') as unknown as { imagee: string }).imagee = 'x'),
    'no such field: /spec/template/spec/containers/0/imagee',
  ],
  [
    'every object is',
    (all) => void delete (deployment(all, 'ws').spec as Partial<Manifest['spec']>).selector,
    'required property selector',
  ],
  [
    'every Deployment has',
    (all) => void drop(all, 'PodDisruptionBudget', 'user'),
    'user: no PodDisruptionBudget',
  ],
  ['every Deployment has', (all) => void drop(all, 'Service', 'ws'), 'ws: no Service'],
  [
    'every service is told',
    (all) => void setEnv(all, 'back', 'CORS_ORIGIN', 'https://a'),
    'back: nobody reads CORS_ORIGIN',
  ],
  ['every service is told', (all) => void drop(all, 'Secret', 'scrm-meta'), 'there is no Secret scrm-meta'],
  [
    'every service is told',
    (all) => void setEnv(all, 'waba-worker', 'WABA_ROLES', 'workers'),
    'WABA_ROLES.0',
  ],
  ['every service is told', (all) => void setEnv(all, 'user', 'DATABASE_URL', ''), 'user: DATABASE_URL'],
  [
    'a service listens',
    (all) => void setEnv(all, 'ws', 'PORT', '3000'),
    'PORT is 3000, the port http is 3010',
  ],
  ['the pods of waba', (all) => void drop(all, 'Deployment', 'waba-scheduler'), "nobody is waba's scheduler"],
  [
    'a pod has the time',
    (all) => void (pod(all, 'user').terminationGracePeriodSeconds = 30),
    'grace 30 s <= preStop 10 s + drain 20 s',
  ],
  ['a pod has the time', (all) => void delete container(all, 'user').lifecycle, 'no preStop sleep'],
  [
    'the sockets have',
    (all) => void (pod(all, 'ws').terminationGracePeriodSeconds = 45),
    'grace under 150 s',
  ],
  ['pods keep to', (all) => void (pod(all, 'back').securityContext!.runAsNonRoot = false), 'may run as root'],
  [
    'pods keep to',
    (all) => void delete pod(all, 'back').securityContext!.seccompProfile,
    'no seccomp profile',
  ],
  [
    'pods keep to',
    (all) => void delete pod(all, 'back').automountServiceAccountToken,
    'mounts a service account token',
  ],
  [
    'pods keep to',
    (all) => void (container(all, 'back').securityContext!.readOnlyRootFilesystem = false),
    'service may write to its disk',
  ],
  [
    'pods keep to',
    (all) => void (container(all, 'back').securityContext!.capabilities = {}),
    'service keeps capabilities',
  ],
  ['containers ask', (all) => void delete container(all, 'ws').resources!.requests, 'no requests'],
  ['containers ask', (all) => void (container(all, 'ws').resources!.limits = { cpu: '1' }), 'a CPU limit'],
  ['containers ask', (all) => void delete container(all, 'ws').resources!.limits!.memory, 'no memory limit'],
  [
    'images have',
    (all) => void (container(all, 'user').image = 'scrm/user:latest'),
    'scrm/user:latest has no version',
  ],
  ['images have', (all) => void (container(all, 'user').image = 'scrm/user'), 'scrm/user has no version'],
  [
    'liveness and readiness',
    (all) => void (container(all, 'user').livenessProbe!.httpGet!.path = '/health/ready'),
    'liveness is not /health/live',
  ],
  [
    'either an autoscaler',
    (all) => void (deployment(all, 'ws').spec.replicas = 3),
    'replicas and an autoscaler',
  ],
  [
    'either an autoscaler',
    (all) => void delete deployment(all, 'user').spec.replicas,
    'neither replicas nor an autoscaler',
  ],
  [
    'pods are spread',
    (all) => void pod(all, 'user').topologySpreadConstraints!.pop(),
    'not spread over kubernetes.io/hostname',
  ],
  [
    'pods are spread',
    (all) =>
      void (pod(all, 'user').topologySpreadConstraints![0]!.matchLabelKeys = ['app.kubernetes.io/part-of']),
    'the API refuses',
  ],
  [
    'nothing may talk',
    (all) => void drop(all, 'NetworkPolicy', 'default-deny'),
    'no policy denies everything',
  ],
  [
    'nothing may talk',
    (all) => void drop(all, 'NetworkPolicy', 'to-broker'),
    'no policy for the label scrm/to-broker',
  ],
  [
    'nothing may talk',
    (all) => void delete podLabels(deployment(all, 'user'))['scrm/to-database'],
    'has DATABASE_URL, but not the label',
  ],
  [
    'nothing may talk',
    (all) => void (podLabels(deployment(all, 'back'))['scrm/to-database'] = 'true'),
    'but no DATABASE_URL of its own',
  ],
  [
    'nothing may talk',
    (all) => void delete podLabels(deployment(all, 'user'))['scrm/to-mail'],
    'has SMTP_URL, but not the label',
  ],
  [
    'what the internet reaches',
    (all) => void delete podLabels(deployment(all, 'ws'))['scrm/from-outside'],
    'is reached, but may not be',
  ],
  [
    'what the internet reaches',
    (all) => void (ofKind(all, 'Ingress')[0]!.spec.rules![0]!.http.paths[0]!.path = '/'),
    '/ is open to the internet',
  ],
];

const ruleOf = (start: string) => RULES.find((rule) => rule.name.startsWith(start))!;

it('finds nothing wrong in what is right', () => {
  expect(RULES.flatMap((rule) => rule.check(healthy()))).toEqual([]);
});

it.each(BREAKAGES)('"%s" notices case %#', (rule, change, problem) => {
  const all = healthy();
  change(all);
  expect(ruleOf(rule).check(all)).toEqual(expect.arrayContaining([expect.stringContaining(problem)]));
});

it('breaks every rule', () => {
  const broken = new Set(BREAKAGES.map(([start]) => ruleOf(start)));
  expect(RULES.filter((rule) => !broken.has(rule)).map((rule) => rule.name)).toEqual([]);
});

it('knows only what it has a description of', () => {
  expect(modelProblems({ ...healthy()[0]!, kind: 'Deploymint' })).toEqual([
    'no description of apps/v1 Deploymint',
  ]);
});

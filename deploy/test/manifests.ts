import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export const ROOT = join(__dirname, '..', '..');
const K8S = join(ROOT, 'k8s');

/** As much of a manifest as the rules look at. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: Spec;
  data?: Record<string, string>;
}
export interface Spec {
  replicas?: number;
  selector?: { matchLabels?: Record<string, string> } & Record<string, unknown>;
  template: { metadata: { labels: Record<string, string> }; spec: PodSpec };
  ports?: { name?: string; port: number; targetPort?: string | number; appProtocol?: string }[];
  scaleTargetRef?: { name: string };
  minReplicaCount?: number;
  unhealthyPodEvictionPolicy?: string;
  podSelector?: { matchLabels?: Record<string, string> };
  policyTypes?: string[];
  ingress?: unknown;
  egress?: unknown;
  ingressClassName?: string;
  rules?: {
    host: string;
    http: { paths: { path: string; pathType: string; backend: { service: { name: string } } }[] };
  }[];
}
export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  terminationGracePeriodSeconds?: number;
  automountServiceAccountToken?: boolean;
  enableServiceLinks?: boolean;
  hostNetwork?: boolean;
  volumes?: Record<string, unknown>[];
  securityContext?: { runAsNonRoot?: boolean; runAsUser?: number; seccompProfile?: { type: string } };
  topologySpreadConstraints?: {
    topologyKey: string;
    labelSelector: { matchLabels?: Record<string, string>; matchExpressions?: { key: string }[] };
    matchLabelKeys?: string[];
  }[];
}
export interface Probe {
  httpGet?: { path: string; port: string | number };
}
export interface Container {
  name: string;
  image: string;
  command?: string[];
  ports?: { name?: string; containerPort: number }[];
  env?: { name: string; value?: string }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  securityContext?: {
    allowPrivilegeEscalation?: boolean;
    readOnlyRootFilesystem?: boolean;
    privileged?: boolean;
    capabilities?: { drop?: string[]; add?: string[] };
  };
  startupProbe?: Probe;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
}

const TOOLS = [
  ['kubectl', 'kustomize'],
  ['kustomize', 'build'],
] as const;

/** The real renderer, if it is on this machine. */
export const renderer = TOOLS.find(([command]) => spawnSync(command, ['--help']).error === undefined);

/** What `kubectl apply -k` would apply. */
export function render(folder: string): Manifest[] {
  if (!renderer) throw new Error('neither kubectl nor kustomize is on the PATH');
  const [command, verb] = renderer;
  const { status, stdout, stderr } = spawnSync(command, [verb, join(K8S, folder)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${verb} ${folder}: ${stderr}`);
  const manifests = parseManifests(stdout);
  // It breaks long values into lines, which base64 may have and the model's pattern does not know.
  for (const { data } of manifests.filter((m) => m.kind === 'Secret'))
    for (const key of Object.keys(data ?? {})) data![key] = data![key]!.replaceAll(/\s/g, '');
  return manifests;
}

/** Where there is no renderer: the files of the base as they are, with what holds for every pod laid over them. */
export function readBase(): Manifest[] {
  const common = read('components/pod/pod.yaml')[0]!;
  const files = (parse(readFileSync(join(K8S, 'base/kustomization.yaml'), 'utf8')) as { resources: string[] })
    .resources;
  return files
    .flatMap((file) => read(`base/${file}`))
    .map((manifest) => {
      if (manifest.kind !== 'Deployment') return manifest;
      const [own, shared] = [manifest.spec.template.spec, common.spec.template.spec];
      const containers = own.containers.map(
        (container) => ({ ...container, ...shared.containers[0] }) as Container,
      );
      const spec = {
        ...own,
        ...shared,
        containers: containers.map((c, i) => ({ ...c, name: own.containers[i]!.name })),
      };
      return { ...manifest, spec: { ...manifest.spec, template: { ...manifest.spec.template, spec } } };
    });
}

/** Every YAML file under k8s/ and its manifests, kustomizations included. */
export function allFiles(): string[] {
  return (readdirSync(K8S, { recursive: true }) as string[]).filter((file) => file.endsWith('.yaml'));
}

export const read = (file: string) => parseManifests(readFileSync(join(K8S, file), 'utf8'));

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    return document.toJS() as Manifest;
  });
}

export const ofKind = (manifests: Manifest[], ...kinds: string[]) =>
  manifests.filter((m) => kinds.includes(m.kind));

/** Deployments and Jobs. */
export const workloads = (manifests: Manifest[]) => ofKind(manifests, 'Deployment', 'Job');

export const podOf = (manifest: Manifest) => manifest.spec.template.spec;
export const podLabels = (manifest: Manifest) => manifest.spec.template.metadata.labels;

export const selects = (selector: Record<string, string> | undefined, labels: Record<string, string>) =>
  selector !== undefined && Object.entries(selector).every(([key, value]) => labels[key] === value);

import { WABA_ROLES } from '../../apps/waba/src/config';
import { ofKind, podLabels, podOf, selects, workloads, type Manifest, type PodSpec } from './manifests';
import { containerProblems, flowProblems } from './environment';
import { modelProblems } from './models';
import { drainLimit, isPinned } from './settings';

export interface Rule {
  name: string;
  /** Can be told from the files of the base, before anything is rendered. */
  unrendered?: true;
  /** One line for each thing that is wrong. */
  check: (all: Manifest[]) => string[];
}

/** Runs a check on each of some manifests, and says which one it is about. */
const each = (manifests: Manifest[], check: (manifest: Manifest) => (string | false | undefined)[]) =>
  manifests.flatMap((m) =>
    check(m).flatMap((problem) => (problem ? [`${m.kind} ${m.metadata.name}: ${problem}`] : [])),
  );

const containersOf = (pod: PodSpec) => [...(pod.initContainers ?? []), ...pod.containers];
const deployments = (all: Manifest[]) => ofKind(all, 'Deployment');

export const RULES: Rule[] = [
  {
    name: 'every object is what the Kubernetes API takes',
    unrendered: true,
    check: (all) => each(all, modelProblems),
  },
  {
    name: 'every Deployment has a Service and a PodDisruptionBudget for its pods',
    unrendered: true,
    check: (all) =>
      each(deployments(all), (m) => [
        !ofKind(all, 'Service').some((s) =>
          selects(s.spec.selector as Record<string, string>, podLabels(m)),
        ) && 'no Service',
        !ofKind(all, 'PodDisruptionBudget').some(
          (p) =>
            selects(p.spec.selector?.matchLabels, podLabels(m)) &&
            p.spec.unhealthyPodEvictionPolicy === 'AlwaysAllow',
        ) && 'no PodDisruptionBudget with AlwaysAllow',
        !selects(m.spec.selector?.matchLabels, podLabels(m)) && 'does not select its own pods',
      ]),
  },
  {
    name: 'every service is told what it needs, in values that it takes, and nothing that it does not read',
    check: (all) =>
      each(workloads(all), (m) => podOf(m).containers.flatMap((c) => containerProblems(c, all))),
  },
  {
    name: 'a service listens where its port says',
    unrendered: true,
    check: (all) =>
      each(deployments(all), (m) => {
        const [container] = podOf(m).containers;
        const port = container?.ports?.find((p) => p.name === 'http')?.containerPort;
        const told = container?.env?.find((e) => e.name === 'PORT')?.value;
        return [String(port) !== told && `PORT is ${told}, the port http is ${port}`];
      }),
  },
  {
    name: 'the pods of waba have all of its roles between them',
    unrendered: true,
    check: (all) => {
      const roles = deployments(all).flatMap((m) => {
        const value = podOf(m).containers[0]?.env?.find((e) => e.name === 'WABA_ROLES')?.value;
        return value?.split(',') ?? [];
      });
      return wabaRoleProblems(roles);
    },
  },
  {
    name: 'a pod has the time to drain',
    unrendered: true,
    check: (all) =>
      each(deployments(all), (m) => {
        const pod = podOf(m);
        const preStop = pod.containers[0]?.lifecycle?.preStop?.sleep?.seconds ?? 0;
        const grace = pod.terminationGracePeriodSeconds ?? 30;
        return [
          preStop < 5 && 'no preStop sleep while others learn that it ends',
          grace <= preStop + drainLimit() &&
            `grace ${grace} s <= preStop ${preStop} s + drain ${drainLimit()} s`,
        ];
      }),
  },
  {
    name: 'the sockets have 150 s',
    check: (all) =>
      each(deployments(all), (m) => [
        m.metadata.name === 'ws' &&
          (podOf(m).terminationGracePeriodSeconds ?? 0) < 150 &&
          'grace under 150 s',
      ]),
  },
  {
    name: 'pods keep to the restricted profile, and a little more',
    unrendered: true,
    check: (all) =>
      each(workloads(all), (m) => {
        const pod = podOf(m);
        const context = pod.securityContext;
        return [
          pod.automountServiceAccountToken !== false && 'mounts a service account token',
          pod.enableServiceLinks !== false && 'gets variables of every Service',
          pod.hostNetwork && 'is on the network of its host',
          context?.runAsNonRoot !== true && 'may run as root',
          !context?.runAsUser && 'runs as root, or as nobody knows whom',
          context?.seccompProfile?.type !== 'RuntimeDefault' && 'no seccomp profile',
          pod.volumes?.some((v) => 'hostPath' in v) && 'mounts a path of its host',
          ...containersOf(pod).flatMap(({ name, securityContext: c }) => [
            c?.allowPrivilegeEscalation !== false && `${name} may gain privileges`,
            c?.readOnlyRootFilesystem !== true && `${name} may write to its disk`,
            c?.privileged && `${name} is privileged`,
            !c?.capabilities?.drop?.includes('ALL') && `${name} keeps capabilities`,
            c?.capabilities?.add && `${name} adds capabilities`,
          ]),
        ];
      }),
  },
  {
    name: 'containers ask for CPU and memory, and are limited in memory only',
    unrendered: true,
    check: (all) =>
      each(workloads(all), (m) =>
        containersOf(podOf(m)).flatMap(({ resources }) => [
          !(resources?.requests?.cpu && resources.requests.memory) && 'no requests',
          !resources?.limits?.memory && 'no memory limit',
          resources?.limits?.cpu && 'a CPU limit: it is throttled while others are idle',
        ]),
      ),
  },
  {
    name: 'images have a version',
    check: (all) =>
      each(workloads(all), (m) =>
        containersOf(podOf(m)).map((c) => !isPinned(c.image) && `${c.image} has no version`),
      ),
  },
  {
    name: 'liveness and readiness ask different things',
    unrendered: true,
    check: (all) =>
      each(deployments(all), (m) =>
        podOf(m).containers.flatMap((c) => [
          c.startupProbe?.httpGet?.path !== '/health/live' && 'startup is not /health/live',
          c.livenessProbe?.httpGet?.path !== '/health/live' && 'liveness is not /health/live',
          c.readinessProbe?.httpGet?.path !== '/health/ready' && 'readiness is not /health/ready',
        ]),
      ),
  },
  {
    name: 'either an autoscaler or the Deployment says how many pods there are',
    check: (all) =>
      each(deployments(all), (m) => {
        const scalers = ofKind(all, 'HorizontalPodAutoscaler', 'ScaledObject').filter(
          (s) => s.spec.scaleTargetRef?.name === m.metadata.name,
        );
        return [
          scalers.length > 1 && 'two autoscalers',
          scalers.length > 0 && m.spec.replicas !== undefined && 'replicas and an autoscaler',
          scalers.length === 0 && m.spec.replicas === undefined && 'neither replicas nor an autoscaler',
          scalers.some((s) => s.kind === 'ScaledObject' && !s.spec.minReplicaCount) &&
            'may be scaled to zero',
        ];
      }),
  },
  {
    name: 'pods are spread over zones and hosts',
    unrendered: true,
    check: (all) =>
      each(deployments(all), (m) => {
        const constraints = podOf(m).topologySpreadConstraints ?? [];
        const selected = constraints.flatMap(({ labelSelector: s, matchLabelKeys = [] }) => {
          const keys = [...Object.keys(s.matchLabels ?? {}), ...(s.matchExpressions ?? []).map((e) => e.key)];
          return keys.filter((key) => matchLabelKeys.includes(key));
        });
        return [
          ...['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map(
            (key) => !constraints.some((c) => c.topologyKey === key) && `not spread over ${key}`,
          ),
          selected.length > 0 &&
            `${selected.join(', ')} both in labelSelector and in matchLabelKeys: the API refuses`,
        ];
      }),
  },
  {
    name: 'nothing may talk to anything but by name',
    check: (all) => {
      const policies = ofKind(all, 'NetworkPolicy');
      const denies = policies.some(
        ({ spec }) =>
          Object.keys(spec.podSelector ?? { x: 1 }).length === 0 &&
          spec.policyTypes?.join() === 'Ingress,Egress' &&
          !spec.ingress &&
          !spec.egress,
      );
      const used = new Set(
        workloads(all).flatMap((m) => Object.keys(podLabels(m)).filter((l) => l.startsWith('scrm/'))),
      );
      const known = new Set(policies.flatMap((p) => Object.keys(p.spec.podSelector?.matchLabels ?? {})));
      return [
        ...(denies ? [] : ['no policy denies everything']),
        ...[...used].filter((label) => !known.has(label)).map((label) => `no policy for the label ${label}`),
        ...each(workloads(all), (m) => flowProblems(m, all)),
      ];
    },
  },
  {
    name: 'what the internet reaches is what says so, by the paths that are meant for it',
    check: (all) => {
      const paths = ofKind(all, 'Ingress').flatMap((m) => (m.spec.rules ?? []).flatMap((r) => r.http.paths));
      const reached = new Set(paths.map((p) => p.backend.service.name));
      const services = new Set(ofKind(all, 'Service').map((m) => m.metadata.name));
      return [
        ...[...reached]
          .filter((name) => !services.has(name))
          .map((name) => `no Service ${name} behind an Ingress`),
        ...paths.flatMap((p) =>
          ['/', '/metrics', '/health'].includes(p.path) ? [`${p.path} is open to the internet`] : [],
        ),
        ...each(deployments(all), (m) => [
          reached.has(m.metadata.name) &&
            !('scrm/from-outside' in podLabels(m)) &&
            'is reached, but may not be',
        ]),
      ];
    },
  },
];

export const wabaRoleProblems = (roles: string[]) =>
  WABA_ROLES.filter((role) => !roles.includes(role)).map((role) => `nobody is waba's ${role}`);

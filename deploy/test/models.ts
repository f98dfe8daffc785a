import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Job } from 'kubernetes-models/batch/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, Secret, Service } from 'kubernetes-models/v1';
import type { Manifest } from './manifests';

type Model = new (data: never) => { validate(this: object): void };

/** The API's own description of what we use: required fields and types. */
const MODELS: Record<string, Model> = Object.fromEntries(
  [
    ConfigMap,
    Deployment,
    HorizontalPodAutoscaler,
    Ingress,
    Job,
    Namespace,
    NetworkPolicy,
    PodDisruptionBudget,
    ScaledObject,
    Secret,
    Service,
  ].map((model) => [`${model.apiVersion} ${model.kind}`, model as unknown as Model]),
);

/** Of these there is no description in the packages that we have. */
const UNDESCRIBED = new Set(['monitoring.coreos.com/v1 PodMonitor']);
const TOP = new Set(['apiVersion', 'kind', 'metadata', 'spec', 'data', 'type']);

/** Missing fields, wrong types, and fields that do not exist: the API server drops those without a word. */
export function modelProblems(manifest: Manifest): string[] {
  const type = `${manifest.apiVersion} ${manifest.kind}`;
  if (UNDESCRIBED.has(type)) return [];
  const model = MODELS[type];
  if (!model) return [`no description of ${type}`];
  const read = new Set<string>();
  try {
    const object = new model(manifest as never);
    object.validate.call(watched(object, '', read));
  } catch (error) {
    return [(error as Error).message];
  }
  return [
    ...Object.keys(manifest).filter((key) => !TOP.has(key)),
    ...(['metadata', 'spec'] as const).flatMap((key) => unread(manifest[key], `/${key}`, read)),
  ].map((path) => `no such field: ${path}`);
}

/** A validator reads the fields that it knows. What it never looked at, it does not know. */
function watched(value: object, path: string, read: Set<string>): object {
  return new Proxy(value, {
    get(target, key) {
      const child: unknown = Reflect.get(target, key);
      if (typeof key === 'symbol') return child;
      read.add(`${path}/${key}`);
      return typeof child === 'object' && child !== null ? watched(child, `${path}/${key}`, read) : child;
    },
  });
}

function unread(value: unknown, path: string, read: Set<string>): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    read.has(`${path}/${key}`) ? unread(child, `${path}/${key}`, read) : [`${path}/${key}`],
  );
}

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { IMPORT_LIMITS } from '../../apps/back/src/agent-file/agent-lines';
import { WEBHOOK_BODY_LIMIT, WEBHOOK_PATH } from '../../apps/waba/src/webhook/webhook.receiver';
import {
  allFiles,
  ofKind,
  podLabels,
  podOf,
  read,
  readBase,
  render,
  renderer,
  ROOT,
  workloads,
  type Manifest,
} from './manifests';
import { RULES } from './policy';

const OVERLAYS = ['overlays/production', 'overlays/local'];

if (!renderer) {
  process.stderr.write(
    'deploy: neither kubectl nor kustomize is on the PATH: overlays are NOT checked, only the files of k8s/base\n',
  );
}
const rendered = renderer ? describe : describe.skip;

describe('the base, from its files', () => {
  const base = readBase();
  it.each(RULES.filter((rule) => rule.unrendered))('$name', ({ check }) => {
    expect(check(base)).toEqual([]);
  });

  it('is YAML, in every file under k8s/', () => {
    expect(allFiles().filter((file) => read(file).length === 0)).toEqual([]);
  });
});

rendered.each(OVERLAYS)('%s', (overlay) => {
  const everything = renderer ? [...render(overlay), ...jobsOf(overlay)] : [];

  it.each(RULES)('$name', ({ check }) => {
    expect(check(everything)).toEqual([]);
  });

  it('migrates by Jobs of the same version, whose names say it', () => {
    const withMigrations = readdirSync(join(ROOT, 'apps')).filter((app) =>
      existsSync(join(ROOT, 'apps', app, 'src/db/migrate.ts')),
    );
    const tag = imageOf(ofKind(everything, 'Deployment')[0]!).split(':').at(-1)!;
    const suffix = tag.replaceAll('.', '-');
    const jobs = ofKind(everything, 'Job');
    expect(jobs.map((job) => job.metadata.name)).toEqual(
      withMigrations.map((app) => `${app}-migrate-${suffix}`),
    );
    expect(new Set(workloads(everything).map((w) => imageOf(w).split(':').at(-1)))).toEqual(new Set([tag]));
  });

  it('has its pods in a namespace that holds them to the restricted profile', () => {
    const [namespace] = ofKind(everything, 'Namespace');
    expect(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted');
    const elsewhere = everything.filter((m) => m.kind !== 'Namespace' && m.metadata.namespace !== 'scrm');
    expect(elsewhere.map((m) => m.metadata.name)).toEqual([]);
  });

  it('lets only the migrations log in as the owner of the database', () => {
    const users = workloads(everything).filter((w) =>
      podOf(w).containers.some((c) => c.envFrom?.some((e) => e.secretRef?.name.startsWith('scrm-owner'))),
    );
    expect(users.map((w) => w.kind)).toEqual(['Job', 'Job']);
  });

  it('gives the pods that the internet talks to no way to the database', () => {
    const both = workloads(everything).filter((w) => {
      const labels = podLabels(w);
      return labels['scrm/from-outside'] && labels['scrm/to-database'];
    });
    expect(both.map((w) => w.metadata.name)).toEqual([]);
  });
});

rendered('overlays/production', () => {
  const production = renderer ? [...render('overlays/production'), ...jobsOf('overlays/production')] : [];
  const ingress = (name: string) => ofKind(production, 'Ingress').find((m) => m.metadata.name === name)!;
  const annotation = (name: string, key: string) =>
    ingress(name).metadata.annotations?.[`nginx.ingress.kubernetes.io/${key}`] ?? '';

  it('has no secret in it: whoever forgets one hears of it', () => {
    const secrets = ofKind(production, 'Secret');
    expect(secrets.length).toBeGreaterThan(0);
    expect(secrets.flatMap((s) => Object.values(s.data ?? {})).filter((value) => value !== '')).toEqual([]);
  });

  it('has no stand-in for Meta', () => {
    expect(JSON.stringify(production)).not.toContain('simulator');
  });

  it('takes the largest file of agents', () => {
    const [, megabytes] = /^(\d+)m$/.exec(annotation('back', 'proxy-body-size')) ?? [];
    expect(Number(megabytes) * 1024 * 1024).toBeGreaterThan(IMPORT_LIMITS.bytes);
  });

  it("takes Meta's biggest deliveries, and does not let one wait", () => {
    const [, megabytes] = /^(\d+)m$/.exec(annotation('webhook', 'proxy-body-size')) ?? [];
    expect(Number(megabytes) * 1024 * 1024).toBeGreaterThanOrEqual(WEBHOOK_BODY_LIMIT);
    expect(Number(annotation('webhook', 'proxy-read-timeout'))).toBeLessThanOrEqual(20);
    expect(ingress('webhook').spec.rules?.[0]?.http.paths[0]).toMatchObject({
      path: WEBHOOK_PATH,
      pathType: 'Exact',
    });
  });

  it('has sockets on a controller of their own, which lets them be silent for longer than a ping takes', () => {
    const classes = ['back', 'webhook', 'ws'].map((name) => ingress(name).spec.ingressClassName);
    expect(classes[2]).not.toBe(classes[0]);
    expect(classes[2]).not.toBe(classes[1]);
    expect(Number(annotation('ws', 'proxy-read-timeout'))).toBeGreaterThanOrEqual(3600);
    const service = ofKind(production, 'Service').find((m) => m.metadata.name === 'ws');
    expect(service?.spec.ports?.[0]?.appProtocol).toBe('kubernetes.io/ws');
  });

  it('scales sockets by their number', () => {
    const scaler = ofKind(production, 'HorizontalPodAutoscaler').find((m) => m.metadata.name === 'ws');
    expect(JSON.stringify(scaler?.spec)).toContain('"name":"ws_connections"');
  });
});

function jobsOf(overlay: string): Manifest[] {
  return render(`${overlay}/migrate`).filter(
    (m) => m.kind === 'Job' || m.metadata.name.startsWith('scrm-owner'),
  );
}

function imageOf(workload: Manifest): string {
  return podOf(workload).containers[0]!.image;
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from './manifests';

interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** Not ours: of Prometheus itself, and of RabbitMQ's own plugin. */
const FOREIGN = new Set([
  'up',
  'rabbitmq_alarms_free_disk_space_watermark',
  'rabbitmq_alarms_memory_used_watermark',
  'rabbitmq_queue_consumers',
]);
const WORDS = new Set(
  'and or unless by sum rate increase max absent histogram_quantile offset le queue duty service instance status consumer reason time'.split(
    ' ',
  ),
);

const source = sources(['apps', 'libs']);
const counted = names('counter');
const timed = names('histogram');
const measured = names('gauge');
const buckets = new Set(
  /FAST_BUCKETS = \[([^\]]+)\]/
    .exec(source)![1]!
    .split(',')
    .map((bound) => String(Number(bound))),
);
const rules = (
  parse(readFileSync(join(ROOT, 'deploy/prometheus/alerts.yaml'), 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);

const PROMISES = [
  'WebhookUnavailable',
  'WebhookSlow',
  'ScreensLate',
  'QueueGrows',
  'DeliveriesQuarantined',
  'DeliveriesPutAside',
  'DeliveriesComeBack',
  'DeadLetters',
  'StatusesParked',
  'SendsUnknown',
  'SendsOverdue',
  'DispatcherBehind',
  'SocketResets',
  'SchedulerMissing',
  'ServiceNotReady',
];

interface RuleTest {
  input_series: { series: string }[];
  alert_rule_test: { alertname: string; exp_alerts: unknown[] }[];
}
const { tests } = parse(readFileSync(join(ROOT, 'deploy/prometheus/alerts.test.yaml'), 'utf8')) as {
  tests: RuleTest[];
};

/** What the services expose, as Prometheus sees it. */
const exposed = new Set([
  ...counted,
  ...measured,
  ...timed.flatMap((name) => ['bucket', 'count', 'sum'].map((part) => `${name}_${part}`)),
]);
const recorded = new Set(rules.flatMap((rule) => rule.record ?? []));

function problems({ expr }: Rule): string[] {
  const bare = expr
    .replaceAll(/"(?:\\.|[^"\\])*"/g, '')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[\w+\]/g, '');
  const words = [...bare.matchAll(/[a-z_][\w:]*/g)].map(([word]) => word);
  const bounds = [...expr.matchAll(/le="([^"]+)"/g)].map(([, bound]) => bound!);
  return [
    ...words
      .filter(
        (word) => ![WORDS, FOREIGN, exposed, recorded].some((known) => known.has(word)) && !/^\d/.test(word),
      )
      .filter((word) => !/^[smhd]$/.test(word))
      .map((word) => `nobody exposes ${word}`),
    ...bounds.filter((bound) => !buckets.has(bound)).map((bound) => `no bucket ends at ${bound}`),
  ];
}

it('finds the metrics in the code', () => {
  expect(counted).toContain('waba_webhook_requests_total');
  expect(timed).toContain('message_inbound_delivery_seconds');
  expect(measured).toContain('ws_connections');
});

it.each(rules.map((rule) => [rule.alert ?? rule.record, rule] as const))(
  '%s asks for what there is',
  (_, rule) => {
    expect(problems(rule)).toEqual([]);
  },
);

it('would notice a metric and a bucket that do not exist', () => {
  expect(problems({ expr: 'rate(waba_webhook_request_total[5m]) > 0' })).toEqual([
    'nobody exposes waba_webhook_request_total',
  ]);
  expect(problems({ expr: 'waba_webhook_request_duration_seconds_bucket{le="2"}' })).toEqual([
    'no bucket ends at 2',
  ]);
});

it('says of every alert how urgent it is, and what it means', () => {
  const alerts = rules.filter((rule) => rule.alert);
  expect(
    alerts.filter((a) => !['page', 'ticket'].includes(a.labels?.severity ?? '') || !a.annotations?.summary),
  ).toEqual([]);
  expect(new Set(alerts.map((a) => a.alert)).size).toBe(alerts.length);
});

it('keeps the promises', () => {
  expect(rules.map((rule) => rule.alert)).toEqual(expect.arrayContaining(PROMISES));
});

/** `promtool` runs them; here it is checked that it would run something. */
describe('the tests of the rules', () => {
  it('see each promise broken, and each kept', () => {
    const asked = tests.flatMap((test) => test.alert_rule_test);
    const seen = (fires: boolean) =>
      new Set(asked.filter((one) => one.exp_alerts.length > 0 === fires).map((one) => one.alertname));
    expect(PROMISES.filter((alert) => !seen(true).has(alert))).toEqual([]);
    expect(PROMISES.filter((alert) => !seen(false).has(alert))).toEqual([]);
  });

  it('are given what there is', () => {
    const series = tests.flatMap((test) => test.input_series.map((one) => one.series.replace(/\{.*/, '')));
    expect(series.filter((name) => ![exposed, FOREIGN].some((known) => known.has(name)))).toEqual([]);
  });
});

function names(kind: string): string[] {
  return [...source.matchAll(new RegExp(`\\b${kind}\\(\\s*'([a-z_]+)'`, 'g'))].map(([, name]) => name!);
}

function sources(folders: string[]): string {
  return folders
    .flatMap((folder) =>
      (readdirSync(join(ROOT, folder), { recursive: true }) as string[])
        .filter((file) => /\/src\/.+\.ts$/.test(file) && !/node_modules|\.spec\.ts$/.test(file))
        .map((file) => readFileSync(join(ROOT, folder, file), 'utf8')),
    )
    .join('\n');
}

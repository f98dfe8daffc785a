import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** One registry a process. Labels never hold a phone number, a user or a conversation. */
export const registry = new Registry();

const FAST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function counter<L extends string>(name: string, help: string, labelNames: L[] = []): Counter<L> {
  return new Counter({ name, help, labelNames, registers: [registry] });
}
/** `collect` is called at each scrape and sets what it knows. */
export function gauge<L extends string>(
  name: string,
  help: string,
  labelNames: L[] = [],
  collect?: (metric: Gauge<L>) => void,
): Gauge<L> {
  const metric: Gauge<L> = new Gauge<L>({
    name,
    help,
    labelNames,
    registers: [registry],
    ...(collect && { collect: () => collect(metric) }),
  });
  return metric;
}
/** In seconds. */
export function histogram<L extends string>(name: string, help: string, labelNames: L[] = []): Histogram<L> {
  return new Histogram({ name, help, labelNames, buckets: FAST_BUCKETS, registers: [registry] });
}

export function startDefaultMetrics(service: string) {
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
}

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string>>;

export interface CounterMetric {
  inc(labels?: Labels, by?: number): void;
  remove(labels: Labels): void;
}

export interface GaugeMetric {
  set(value: number, labels?: Labels): void;
  remove(labels: Labels): void;
  /** Ends all series. */
  reset(): void;
}

export interface HistogramMetric {
  observe(value: number, labels?: Labels): void;
  remove(labels: Labels): void;
}

interface MetricOptions {
  name: string;
  help: string;
  labels?: readonly string[];
}

/** The metrics of one process. A small port: only this file knows the library behind it. */
export interface MetricsRegistry {
  counter(options: MetricOptions): CounterMetric;
  /** `collect` is called before each scrape. */
  gauge(options: MetricOptions & { collect?: (gauge: GaugeMetric) => void }): GaugeMetric;
  histogram(options: MetricOptions & { buckets: readonly number[] }): HistogramMetric;
  /** The text that Prometheus scrapes. */
  render(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsRegistryOptions {
  /** Export process_* and nodejs_* too. Default false. */
  processMetrics?: boolean;
}

/** A registry of its own; nothing is global, so that tests and several agents in one process do not meet. */
export function createMetricsRegistry(options: MetricsRegistryOptions = {}): MetricsRegistry {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const base = ({ name, help, labels }: MetricOptions) => ({
    name,
    help,
    labelNames: [...(labels ?? [])],
    registers: [registry],
  });
  return {
    counter(metric) {
      const counter = new Counter(base(metric));
      return {
        inc: (labels = {}, by = 1) => counter.inc(labels, by),
        remove: (labels) => counter.remove(labels),
      };
    },
    gauge(metric) {
      const { collect } = metric;
      const port: GaugeMetric = {
        set: (value, labels = {}) => gauge.set(labels, value),
        remove: (labels) => gauge.remove(labels),
        reset: () => gauge.reset(),
      };
      const gauge = new Gauge({ ...base(metric), ...(collect ? { collect: () => collect(port) } : {}) });
      return port;
    },
    histogram(metric) {
      const histogram = new Histogram({ ...base(metric), buckets: [...metric.buckets] });
      return {
        observe: (value, labels = {}) => histogram.observe(labels, value),
        remove: (labels) => histogram.remove(labels),
      };
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** `count` limits from `from` to `to`, each the same factor larger than the one before. */
export function exponentialBuckets(from: number, to: number, count: number): number[] {
  const factor = (to / from) ** (1 / (count - 1));
  return Array.from({ length: count }, (_, index) => from * factor ** index);
}

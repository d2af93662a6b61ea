// What an agent process has cost so far: from the kernel and from its own metrics.
import { readFileSync } from 'node:fs';

/** Counters since the start of the process. */
export interface Sample {
  /** Of the process and of the programs that it has run to their end. */
  readonly cpuSeconds: number;
  readonly requests: number;
  /** Requests by `METHOD`. */
  readonly requestsBy: Readonly<Record<string, number>>;
  readonly builds: number;
  readonly buildSeconds: number;
  readonly cacheHits: number;
  readonly applies: number;
  /** Objects that were created, configured or recreated. */
  readonly changedObjects: number;
  /** Reconciles of Kustomizations that ended. */
  readonly reconciles: number;
  /** Kustomizations that wait or are under way. */
  readonly busy: number;
}

export interface MemoryUse {
  readonly rssMiB: number;
  readonly peakMiB: number;
}

/** Linux counts in hundredths of a second, whatever its own clock is. */
const ticksPerSecond = 100;

/** CPU time of a process and of its children that have ended. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in parentheses, which may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks / ticksPerSecond;
}

export function memoryUse(pid: number): MemoryUse {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
  return { rssMiB: kib('VmRSS') / 1024, peakMiB: kib('VmHWM') / 1024 };
}

/** Asks the agent, and the kernel about it. */
export async function takeSample(agent: {
  readonly pid: number;
  readonly metricsUrl: string;
}): Promise<Sample> {
  const metrics = parseMetrics(await (await fetch(agent.metricsUrl)).text());
  const total = (name: string, label = '') => sumOf(metrics, name, label);
  const ofKustomizations = 'controller="kustomization"';
  const changed = ['created', 'configured'].map((action) => `action="${action}"`);
  const methods = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'];
  const requests = 'rest_client_requests_total';
  const depth = total('workqueue_depth', ofKustomizations);
  return {
    cpuSeconds: cpuSeconds(agent.pid),
    requests: total(requests),
    requestsBy: Object.fromEntries(methods.map((method) => [method, total(requests, `method="${method}"`)])),
    builds: total('flotilla_agent_build_seconds_count'),
    buildSeconds: total('flotilla_agent_build_seconds_sum'),
    cacheHits: total('flotilla_agent_render_cache_hits_total'),
    applies: total('flotilla_agent_apply_seconds_count'),
    changedObjects: changed.reduce(
      (sum, label) => sum + total('flotilla_agent_applied_objects_total', label),
      0,
    ),
    reconciles: total('controller_runtime_reconcile_total', ofKustomizations),
    busy: depth + total('controller_runtime_active_workers', ofKustomizations),
  };
}

/** What happened between two samples of one process. */
export function difference(before: Sample, after: Sample): Sample {
  const by = Object.entries(after.requestsBy).map(([method, n]) => [
    method,
    n - (before.requestsBy[method] ?? 0),
  ]);
  return {
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    requests: after.requests - before.requests,
    requestsBy: Object.fromEntries(by) as Record<string, number>,
    builds: after.builds - before.builds,
    buildSeconds: after.buildSeconds - before.buildSeconds,
    cacheHits: after.cacheHits - before.cacheHits,
    applies: after.applies - before.applies,
    changedObjects: after.changedObjects - before.changedObjects,
    reconciles: after.reconciles - before.reconciles,
    busy: after.busy,
  };
}

interface Series {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

function parseMetrics(text: string): Series[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, labels, value: Number(value) }];
  });
}

function sumOf(metrics: readonly Series[], name: string, label: string): number {
  return metrics
    .filter((series) => series.name === name && series.labels.includes(label))
    .reduce((sum, { value }) => sum + value, 0);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { rest, type BenchCluster } from '../bench-cluster.js';
import type { Measure } from '../result.js';
import { percentile } from '../result.js';
import type { Scenario } from '../scenario.js';
import { makeFleet, workNamespace } from './fleet.js';

/** Edits of single objects of a small fleet, each timed until the watch shows the declared value again; and memory. */
export const drift: Scenario = {
  name: 'drift',
  title: 'latency of drift correction, and memory with 100 Kustomizations',
  async run({ sizes, profiles, progress }, report) {
    const { smallFleet: size, edits } = sizes;
    const fleet = await makeFleet({ size, sources: 1, intervalSeconds: 3_600, profiles });
    const { cluster } = fleet;
    try {
      progress('first round');
      await cluster.startAgent();
      await cluster.view.untilReady(size, 300_000);
      await cluster.settle();
      await rest(3_000);
      const memory = cluster.memory();
      report([
        { name: `memory with ${size} Kustomizations`, value: memory.rssMiB, unit: 'MiB', target: 150 },
        { name: 'memory, peak since the start', value: memory.peakMiB, unit: 'MiB' },
      ]);
      progress(`${edits} edits`);
      // Each object is edited once: somebody who does it again and again is answered more slowly, on purpose.
      const objects = fleet.sources[0]!.applications.flatMap((name) => [name, `${name}-more`]).slice(
        0,
        edits,
      );
      report(summary(await timeCorrections(cluster, objects)));
    } finally {
      await cluster.stop();
    }
  },
};

function summary(milliseconds: readonly number[]): Measure[] {
  return [
    { name: 'edits that were corrected', value: milliseconds.length, unit: '' },
    { name: 'from edit to correction, p50', value: percentile(milliseconds, 0.5), unit: 'ms' },
    { name: 'from edit to correction, p95', value: percentile(milliseconds, 0.95), unit: 'ms', target: 50 },
    { name: 'from edit to correction, most', value: Math.max(...milliseconds), unit: 'ms' },
  ];
}

interface ConfigMap {
  readonly metadata: { readonly name: string };
  readonly data: { readonly value: string };
}

const path = `/api/v1/namespaces/${workNamespace}/configmaps`;

async function timeCorrections(cluster: BenchCluster, objects: readonly string[]): Promise<number[]> {
  const { kube } = cluster.plane;
  const { metadata } = await kube.call<{ metadata: { resourceVersion: string } }>({
    path: `${path}?limit=1`,
  });
  const stop = new AbortController();
  const corrected = new Map<string, (at: number) => void>();
  const watching = (async () => {
    const edited = new Set<string>();
    for await (const line of kube.lines(
      `${path}?watch=true&resourceVersion=${metadata.resourceVersion}`,
      stop.signal,
    )) {
      const { name } = (line as { object: ConfigMap }).object.metadata;
      if ((line as { object: ConfigMap }).object.data.value === 'by hand') edited.add(name);
      else if (edited.delete(name)) corrected.get(name)?.(performance.now());
    }
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  const times: number[] = [];
  for (const name of objects) {
    const done = new Promise<number>((resolve) => corrected.set(name, resolve));
    await kube.call({ method: 'PATCH', path: `${path}/${name}`, body: { data: { value: 'by hand' } } });
    const editedAt = performance.now();
    const at = await Promise.race([done, sleep(30_000, undefined)]);
    if (at === undefined) throw new Error(`the edit of ConfigMap ${name} was not corrected in 30 s`);
    times.push(Math.max(at - editedAt, 0));
    await sleep(50);
  }
  stop.abort();
  await watching;
  return times;
}

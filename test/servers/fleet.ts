// Several control planes over one etcd: the smallest thing that is a fleet.
import { startControlPlane } from './control-plane.js';
import type { ControlPlane, ControlPlaneOptions } from './control-plane.js';
import { startEtcd } from './etcd.js';

export interface Fleet {
  readonly clusters: readonly ControlPlane[];
  stop(): Promise<void>;
}

/** Starts `count` control planes named `cluster-1`, `cluster-2` …; each takes about 400 MB of memory. */
export async function startFleet(
  count: number,
  options: Omit<ControlPlaneOptions, 'etcd' | 'name'> = {},
): Promise<Fleet> {
  const etcd = await startEtcd();
  const names = Array.from({ length: count }, (_, index) => `cluster-${index + 1}`);
  const starts = await Promise.allSettled(
    names.map((name) => startControlPlane({ ...options, name, etcd: { url: etcd.url, prefix: `/${name}` } })),
  );
  const clusters = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const stop = async () => {
    await Promise.all(clusters.map((cluster) => cluster.stop()));
    await etcd.stop();
  };
  const failed = starts.find((start) => start.status === 'rejected');
  if (!failed) return { clusters, stop };
  await stop();
  throw failed.reason;
}

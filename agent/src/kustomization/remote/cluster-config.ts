import { createHash } from 'node:crypto';
import type { Cluster } from '../../kube/cluster.js';

/** How to reach another cluster. */
export interface ClusterConfig {
  /** Names the cluster, whoever acts on it and with which credential. */
  id: string;
  /** Changes whenever another connection is needed: with the cluster, and with what proves who acts on it. */
  key: string;
  open: () => Cluster;
}

/** A short name for texts, of which some are secret. */
export function digestOf(...parts: ReadonlyArray<string | undefined>): string {
  return createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest('base64url');
}

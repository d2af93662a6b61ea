import type { AgentConfig } from './config/agent-flags.js';
import type { Cluster } from './kube/cluster.js';
import { createKubeClient } from './kube/create-kube-client.js';
import { createTransport } from './kube/transport.js';
import type { OpenedCluster } from './kustomization/remote/remote-clusters.js';
import type { Clock } from './runtime/clock.js';
import type { RuntimeMetrics } from './runtime/runtime-metrics.js';
import { checkClaim } from './sharding/work-claim.js';
import { agentVersion } from './version.js';

export interface OpenClusterOptions {
  readonly config: Pick<AgentConfig, 'kubeApiQps' | 'kubeApiBurst'>;
  readonly metrics: RuntimeMetrics;
  readonly clock: Clock;
}

/** Any cluster, the own one or another, is asked equally gently, and written to only by whoever holds the claim. */
export function openCluster(cluster: Cluster, { config, metrics, clock }: OpenClusterOptions): OpenedCluster {
  const transport = createTransport(cluster, {
    userAgent: `flotilla-agent/${agentVersion}`,
    qps: config.kubeApiQps,
    burst: config.kubeApiBurst,
    metrics,
    clock,
    beforeWrite: checkClaim,
  });
  return { client: createKubeClient(transport, { clock }), close: () => transport.close() };
}

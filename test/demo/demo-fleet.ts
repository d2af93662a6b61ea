// Starts everything that the demo shows: a hub, a Git server, control planes, and an agent for each.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { startFleet } from '../servers/fleet.js';
import { type FlotillaAgent, flotillaCrds, startFlotillaAgent } from '../servers/flotilla-agent.js';
import { type FlotillaHub, startFlotillaHub } from '../servers/flotilla-hub.js';
import type { ControlPlane } from '../servers/control-plane.js';
import type { GitRepository } from '../servers/git-repository.js';
import { startGitServer } from '../servers/git-server.js';
import { kubectlFor } from '../servers/kubectl.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { createFleetRepository } from './fleet-repository.js';
import { type HubApi, hubApi } from './hub-api.js';
import type { Progress } from './progress.js';

/** Name of each cluster -> its labels; `env` is also its folder in the repository. */
export const clusterLabels: ReadonlyMap<string, { env: string; tier?: string }> = new Map([
  ['dev', { env: 'dev' }],
  ['staging', { env: 'staging' }],
  ['prod-canary', { env: 'prod', tier: 'canary' }],
  ['prod', { env: 'prod' }],
]);
const clusterNames = [...clusterLabels.keys()];
/** How often each cluster looks at the repository. */
const pollInterval = '5s';

export interface DemoFleet {
  readonly hub: FlotillaHub;
  readonly api: HubApi;
  /** A second person: may approve what another has committed. */
  readonly approver: HubApi;
  readonly repository: GitRepository & { readonly url: string };
  readonly clusters: ReadonlyMap<string, ControlPlane>;
  readonly agents: ReadonlyMap<string, FlotillaAgent>;
  /** Holds logs, kubeconfigs and data until the demo ends. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts the fleet; on failure, what had started is stopped. */
export async function startDemoFleet(progress: Progress): Promise<DemoFleet> {
  const folder = temporaryFolder('demo');
  // Root's PostgreSQL runs as another user, who has to pass through to its data.
  chmodSync(folder.path, 0o711);
  const stops: Array<() => Promise<void> | void> = [() => folder.remove()];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const started = progress.step(`starting the hub, a Git server and ${clusterNames.length} control planes`);
    const git = await startGitServer();
    stops.push(() => git.stop());
    const repository = await createFleetRepository(git);
    const [hub, fleet] = await bothOrNone(
      startFlotillaHub({ dataDir: join(folder.path, 'hub'), log: join(folder.path, 'hub.log') }),
      startFleet(clusterNames.length, { workloads: true }),
    );
    stops.push(
      () => hub.stop(),
      () => fleet.stop(),
    );
    started();

    const api = hubApi(hub.url, hub.adminToken);
    const approver = hubApi(hub.url, await api.createApiToken('release-manager', ['grace@example.test']));
    const clusters = new Map(clusterNames.map((name, index) => [name, fleet.clusters[index]!]));
    const enrolled = progress.step('enrolling an agent in each cluster with a join token');
    const agents = new Map<string, FlotillaAgent>();
    await Promise.all(
      [...clusters].map(async ([name, cluster]) => {
        const labels = clusterLabels.get(name)!;
        await prepareCluster(cluster, labels.env, repository.url);
        const agent = await startFlotillaAgent({
          kubeconfig: cluster.kubeconfig,
          storagePath: join(folder.path, name),
          log: join(folder.path, `agent-${name}.log`),
          args: [
            `--hub-address=${hub.agentAddress}`,
            `--hub-enroll-address=${hub.enrollAddress}`,
            `--cluster-name=${name}`,
            // A cluster that goes back must not wait until the health of the bad revision has timed out.
            '--feature-gates=CancelHealthCheckOnNewRevision=true',
          ],
          env: { FLOTILLA_AGENT_JOIN_TOKEN: await api.createJoinToken(name, { ...labels }) },
        });
        agents.set(name, agent);
        stops.push(() => agent.stop('SIGTERM', 10_000));
      }),
    );
    enrolled();
    return { hub, api, approver, repository, clusters, agents, folder: folder.path, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the agent's chart installs: the CRDs, the namespace and the root of the cluster's folder. */
async function prepareCluster(cluster: ControlPlane, folder: string, repositoryUrl: string): Promise<void> {
  const kubectl = await kubectlFor(cluster);
  await kubectl.apply(await flotillaCrds());
  await kubectl.run(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  await kubectl.apply(rootManifests(folder, repositoryUrl));
}

function rootManifests(folder: string, repositoryUrl: string): string {
  return `
apiVersion: v1
kind: Namespace
metadata:
  name: flux-system
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: flux-system
  namespace: flux-system
spec:
  url: ${repositoryUrl}
  interval: ${pollInterval}
  ref:
    branch: main
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 10m
  path: ./clusters/${folder}
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
`;
}

/** Waits for both; when one fails, the other is stopped. */
async function bothOrNone<A extends { stop(): Promise<void> }, B extends { stop(): Promise<void> }>(
  first: Promise<A>,
  second: Promise<B>,
): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  if (a.status === 'fulfilled') await a.value.stop();
  if (b.status === 'fulfilled') await b.value.stop();
  throw a.status === 'rejected' ? a.reason : (b as PromiseRejectedResult).reason;
}

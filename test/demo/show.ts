// What the demo shows, step by step, and what it measures on the way.
import { setTimeout as sleep } from 'node:timers/promises';
import { kubectlFor } from '../servers/kubectl.js';
import { waitFor } from '../servers/wait-for.js';
import type { DemoFleet } from './demo-fleet.js';
import { fleetFiles } from './fleet-repository.js';
import type { LiveTable } from './fleet-table.js';
import type { ClusterView } from './hub-api.js';
import type { Progress } from './progress.js';
import { storyDocuments } from './story/documents.js';
import { type PromotionResult, tellPromotion } from './story/tell-promotion.js';
import { type RollbackResult, tellRollback } from './story/tell-rollback.js';

const readyTimeoutMs = 120_000;

/** The result as `--json` prints it. */
export interface DemoResult {
  clusters: Array<{
    name: string;
    ready: boolean;
    revision: string | null;
    freshness: string;
    objects: number;
  }>;
  commit: { revision: string; reachedAllMs: number };
  drift: { correctedMs: number };
  promotion: PromotionResult;
  rollback: RollbackResult;
  hub: { url: string };
}

/** Runs the show. Throws when something that it should show does not happen. */
export async function show(fleet: DemoFleet, table: LiveTable, progress: Progress): Promise<DemoResult> {
  const ready = progress.step('waiting until every cluster is ready');
  await untilReady(fleet, table, await fleet.repository.head());
  ready();
  const commit = await showCommit(fleet, table, progress);
  const drift = await showDrift(fleet, progress);
  const clusters = await untilReady(fleet, table, commit.revision);
  await takePipeline(fleet, progress, commit.revision);
  const promotion = await tellPromotion(fleet, progress);
  const rollback = await tellRollback(fleet, progress, promotion.revision);
  table.show(await fleet.api.clusters());
  table.settle();
  const { url } = fleet.hub;
  return { clusters: clusters.map(summary), commit, drift, promotion, rollback, hub: { url } };
}

function summary({ name, ready, revision, freshness, objects }: ClusterView): DemoResult['clusters'][number] {
  return { name, ready, revision, freshness, objects: objects.total };
}

/** From now on a pipeline says when staging and prod move; they stay where they are. */
async function takePipeline(fleet: DemoFleet, progress: Progress, commit: string): Promise<void> {
  const taken = progress.step('applying a pipeline: dev, then staging after a soak, then prod when approved');
  await fleet.api.apply(storyDocuments);
  await waitFor(
    'the clusters of staging and prod to be pinned',
    async () => {
      const clusters = await fleet.api.clusters();
      const kept = clusters.filter(({ gate, revision }) => gate.pinned === 1 && revision?.endsWith(commit));
      return kept.length === fleet.clusters.size - 1;
    },
    { timeoutMs: readyTimeoutMs, intervalMs: 100 },
  );
  taken();
}

/** Waits until all clusters are ready on one commit, showing them meanwhile. */
async function untilReady(fleet: DemoFleet, table: LiveTable, commit: string): Promise<ClusterView[]> {
  const deadline = Date.now() + readyTimeoutMs;
  for (;;) {
    const clusters = await fleet.api.clusters();
    table.show(clusters);
    const done = clusters.filter((cluster) => cluster.ready && cluster.revision?.endsWith(commit));
    if (done.length === fleet.clusters.size) {
      table.settle();
      return clusters;
    }
    if (Date.now() > deadline) {
      const reasons = clusters
        .filter((cluster) => !cluster.ready)
        .map((cluster) => `${cluster.name}: ${cluster.reason}`);
      throw new Error(
        `not every cluster became ready on ${commit}: ${reasons.join('; ') || 'an agent is missing'}`,
      );
    }
    await sleep(200);
  }
}

/** Pushes a change of the base and follows it until the hub has seen it on every cluster. */
async function showCommit(
  fleet: DemoFleet,
  table: LiveTable,
  progress: Progress,
): Promise<DemoResult['commit']> {
  const path = 'apps/base/deployment.yaml';
  const manifest = fleetFiles()[path]!.replace('greeter:1.0.0', 'greeter:1.1.0');
  const revision = await fleet.repository.commit({ [path]: manifest }, 'Update the greeter to 1.1.0');
  const pushed = Date.now();
  const arrived = progress.step(`pushed commit ${revision.slice(0, 8)}: greeter 1.1.0; watching it arrive`);
  await waitFor(
    'the commit to reach every cluster',
    async () => {
      table.show(await fleet.api.clusters());
      const { clusters } = await fleet.api.where(revision);
      return clusters.length === fleet.clusters.size && clusters.every(({ state }) => state === 'Reached');
    },
    { timeoutMs: readyTimeoutMs, intervalMs: 100 },
  );
  const reachedAllMs = Date.now() - pushed;
  arrived();
  await untilReady(fleet, table, revision);
  return { revision, reachedAllMs };
}

/** Scales a Deployment by hand and measures how long the wrong number stands. */
async function showDrift(fleet: DemoFleet, progress: Progress): Promise<DemoResult['drift']> {
  const kubectl = await kubectlFor(fleet.clusters.get('prod')!);
  const { kube } = fleet.clusters.get('prod')!;
  const path = '/apis/apps/v1/namespaces/greeter/deployments/greeter';
  const replicas = async (): Promise<number> =>
    (await kube.call<{ spec: { replicas: number } }>({ path })).spec.replicas;
  const declared = await replicas();
  const corrected = progress.step(`scaling the greeter of prod from ${declared} to 7 by hand`);
  await kubectl.run(['-n', 'greeter', 'scale', 'deployment', 'greeter', '--replicas=7']);
  const scaled = Date.now();
  await waitFor('the correction', async () => (await replicas()) === declared, {
    timeoutMs: 30_000,
    intervalMs: 10,
  });
  const correctedMs = Date.now() - scaled;
  corrected();
  return { correctedMs };
}

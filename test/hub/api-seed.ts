// Rows as the gateway writes them: clusters, their agents, and what they report.
import type { ObjectState } from '@flotilla/proto/flotilla/v1/state';
import { ClusterStore } from '@flotilla/hub/clusters/cluster.store';
import { movedOn } from '@flotilla/hub/objects/apply-state';
import { ObjectRevisionStore } from '@flotilla/hub/objects/object-revision.store';
import { objectRow } from '@flotilla/hub/objects/object-row';
import { ObjectStatusStore } from '@flotilla/hub/objects/object-status.store';
import { newId } from '@flotilla/hub/platform/ids';
import type { ApiHub } from './api-hub.js';

export interface SeedCluster {
  readonly name: string;
  readonly labels?: Record<string, string>;
  /** Age of the last confirmation; null: the agent never reported. */
  readonly ageMs?: number | null;
  readonly objects?: readonly ObjectState[];
}

/** Puts a cluster with one agent and its objects into the database; gives its id. */
export async function seedCluster(api: ApiHub, seed: SeedCluster): Promise<string> {
  const { name, labels = {}, ageMs = 0, objects = [] } = seed;
  const id = newId();
  const cluster = {
    id,
    name,
    uid: id,
    labels,
    enrolledAt: api.clock.now(),
    revokedAt: null,
    revokedReason: null,
    quarantinedAt: null,
    quarantineReason: null,
  };
  await api.hub.app.get(ClusterStore, { strict: false }).insert(api.database.manager, cluster);
  const observedAt = ageMs === null ? null : new Date(api.clock.now().getTime() - ageMs);
  await api.database.query(
    `INSERT INTO agents (cluster_id, shard, agent_version, kubernetes_version, observed_at)
     VALUES ($1, '', '0.1.0', 'v1.33.2', $2)`,
    [id, observedAt],
  );
  await seedObjects(api, id, objects);
  return id;
}

/** Writes what the agent of a cluster says of its objects. */
export async function seedObjects(
  api: ApiHub,
  clusterId: string,
  states: readonly ObjectState[],
): Promise<void> {
  const now = api.clock.now();
  const rows = states.map((state) => ({ clusterId, shard: '', row: objectRow(state, now) }));
  const objects = api.hub.app.get(ObjectStatusStore, { strict: false });
  const { manager } = api.database;
  const held = await objects.held(
    manager,
    rows.map(({ row: { key } }) => ({ clusterId, shard: '', key })),
  );
  await objects.upsert(manager, rows);
  await api.hub.app.get(ObjectRevisionStore, { strict: false }).remember(manager, movedOn(rows, held));
}

/** The agent says that all is as it was. */
export async function confirm(api: ApiHub, clusterId: string): Promise<void> {
  await api.database.query('UPDATE agents SET observed_at = $2 WHERE cluster_id = $1', [
    clusterId,
    api.clock.now(),
  ]);
}

const sourceRef = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  namespace: 'flux-system',
  name: 'flux-system',
};

export function revisionOf(commit: string): string {
  return `main@sha1:${commit.padEnd(40, '0')}`;
}

/** A GitRepository that holds a commit. */
export function gitRepository(commit: string, change: Partial<ObjectState> = {}): ObjectState {
  return {
    ...kustomization('flux-system', commit),
    ref: sourceRef,
    conditions: [
      condition('Ready', 'True', 'Succeeded', `stored artifact for revision '${revisionOf(commit)}'`),
    ],
    attemptedRevision: '',
    source: undefined,
    sourceUrl: 'https://git.example.com/org/fleet',
    sourceRef: 'branch main',
    inventory: undefined,
    ...change,
  };
}

/** A Kustomization that has applied a commit. */
export function kustomization(name: string, commit: string, change: Partial<ObjectState> = {}): ObjectState {
  const revision = revisionOf(commit);
  return {
    ref: {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name,
    },
    uid: `uid-${name}`,
    generation: 1n,
    observedGeneration: 1n,
    suspended: false,
    conditions: [condition('Ready', 'True', 'ReconciliationSucceeded', `Applied revision: ${revision}`)],
    revision,
    attemptedRevision: revision,
    source: sourceRef,
    sourceUrl: '',
    sourceRef: '',
    inventory: { entries: 12, digest: 'd'.repeat(64) },
    lastHandledReconcileAt: '',
    revisionAuthor: '',
    changedAt: new Date('2026-03-01T11:00:00.000Z'),
    ...change,
  };
}

export function condition(
  type: string,
  status: string,
  reason: string,
  message: string,
): ObjectState['conditions'][number] {
  const lastTransitionTime = new Date('2026-03-01T11:00:00.000Z');
  return { type, status, reason, message, observedGeneration: 1n, lastTransitionTime };
}

/** What a Kustomization says whose build of a commit failed. */
export function failedBuild(applied: string, attempted: string): Partial<ObjectState> {
  return {
    conditions: [
      condition('Reconciling', 'True', 'ProgressingWithRetry', 'retrying'),
      condition('Ready', 'False', 'BuildFailed', 'kustomize build failed: no such file'),
    ],
    revision: revisionOf(applied),
    attemptedRevision: revisionOf(attempted),
  };
}

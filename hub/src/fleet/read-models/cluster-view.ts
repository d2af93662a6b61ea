import { formatRef } from '@flotilla/common/kube/object';
import type { Health, Intent, Sync } from '../domain/axes.js';
import type { ClusterFacts, FailureExample } from '../domain/cluster-rollup.js';
import {
  clusterIntent,
  clusterReason,
  healthOrder,
  isClusterReady,
  syncOrder,
} from '../domain/cluster-rollup.js';
import type { Freshness } from '../domain/freshness.js';
import { freshnessOf } from '../domain/freshness.js';

/** A cluster as the database gives it. */
export interface ClusterRow {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly refusal: string;
  readonly revoked: boolean;
  readonly observedAt: Date | null;
  readonly enrolledAt: Date;
  readonly connected: boolean;
  readonly agentVersion: string;
  readonly kubernetesVersion: string;
  readonly certificateExpiresAt: Date | null;
  readonly total: number;
  readonly good: number;
  readonly failed: number;
  readonly suspended: number;
  readonly progressing: number;
  readonly outOfSync: number;
  readonly unknown: number;
  /** From 1; null without objects. */
  readonly syncRank: number | null;
  readonly healthRank: number | null;
  readonly revision: string | null;
  readonly failureKind: string | null;
  readonly failureNamespace: string | null;
  readonly failureName: string | null;
  readonly failureReason: string | null;
  readonly failureMessage: string | null;
}

/** A cluster as people see it; the resource `Cluster` of the API. */
export interface ClusterView {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ready: boolean;
  readonly reason: string;
  readonly sync: Sync;
  readonly health: Health;
  readonly freshness: Freshness;
  readonly intent: Intent;
  readonly revision: string | null;
  readonly objects: {
    readonly total: number;
    readonly ready: number;
    readonly failed: number;
    readonly suspended: number;
  };
  readonly agentVersion: string;
  readonly kubernetesVersion: string;
  readonly observedAt: Date | null;
  readonly enrolledAt: Date;
  readonly certificateExpiresAt: Date | null;
  readonly connected: boolean;
  readonly revoked: boolean;
}

export function clusterView(row: ClusterRow, now: Date): ClusterView {
  const facts = factsOf(row, now);
  const { total, good, failed, suspended } = row;
  return {
    id: row.id,
    name: row.name,
    labels: row.labels,
    ready: isClusterReady(facts),
    reason: clusterReason(facts, now),
    sync: facts.sync,
    health: facts.health,
    freshness: facts.freshness,
    intent: clusterIntent(suspended),
    revision: row.revision === '' ? null : row.revision,
    // An object counts as ready only as long as its agent says so.
    objects: { total, ready: facts.freshness === 'Live' ? good : 0, failed, suspended },
    agentVersion: row.agentVersion,
    kubernetesVersion: row.kubernetesVersion,
    observedAt: row.observedAt,
    enrolledAt: row.enrolledAt,
    certificateExpiresAt: row.certificateExpiresAt,
    connected: row.connected,
    revoked: row.revoked,
  };
}

function factsOf(row: ClusterRow, now: Date): ClusterFacts {
  return {
    sync: (row.syncRank === null ? undefined : syncOrder[row.syncRank - 1]) ?? 'Unknown',
    health: (row.healthRank === null ? undefined : healthOrder[row.healthRank - 1]) ?? 'Unknown',
    freshness: freshnessOf(row.observedAt, now),
    refusal: row.revoked ? row.refusal : null,
    confirmedAt: row.observedAt,
    counts: row,
    failure: failureOf(row),
  };
}

function failureOf(row: ClusterRow): FailureExample | null {
  const { failureKind: kind, failureNamespace: namespace, failureName: name } = row;
  if (kind === null || name === null) return null;
  const reference = formatRef({ kind, namespace: namespace ?? '', name });
  return { name: reference, reason: row.failureReason ?? '', message: row.failureMessage ?? '' };
}

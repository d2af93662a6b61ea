import { formatRef } from '@flotilla/common/kube/object';
import type { Health, Intent, Sync } from '../domain/axes.js';
import { intentStates } from '../domain/axes.js';
import type { ClusterFacts, FailureExample, ObjectCounts } from '../domain/cluster-rollup.js';
import { clusterReason, healthOrder, isClusterReady, syncOrder } from '../domain/cluster-rollup.js';
import type { Freshness } from '../domain/freshness.js';
import { freshnessOf } from '../domain/freshness.js';

/** A cluster as the database gives it. */
export interface ClusterRow extends ObjectCounts {
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
  /** From 1; null without objects. */
  readonly syncRank: number | null;
  readonly healthRank: number | null;
  readonly intentRank: number | null;
  readonly pinned: number;
  readonly moving: number;
  readonly held: number;
  readonly frozen: number;
  readonly refused: number;
  /** bigint; null before the hub asked anything of the cluster. */
  readonly standingVersion: string | null;
  readonly standingAcknowledged: string | null;
  readonly standingRefusal: string | null;
  readonly revision: string | null;
  readonly failureKind: string | null;
  readonly failureNamespace: string | null;
  readonly failureName: string | null;
  readonly failureReason: string | null;
  readonly failureMessage: string | null;
}

/** What the hub asks of a cluster's sources until it says otherwise, and what they make of it. */
export interface ClusterGateView {
  /** Of the set of pins, freezes and vetoes; 0 before there was one. */
  readonly version: number;
  readonly acknowledgedVersion: number;
  readonly refusal: string | null;
  /** How many of its sources say so. */
  readonly pinned: number;
  readonly moving: number;
  readonly held: number;
  readonly frozen: number;
  readonly refused: number;
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
  readonly gate: ClusterGateView;
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
    intent: (row.intentRank === null ? undefined : intentStates[row.intentRank - 1]) ?? 'Following',
    gate: gateView(row),
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

function gateView(row: ClusterRow): ClusterGateView {
  const { pinned, moving, held, frozen, refused } = row;
  return {
    version: Number(row.standingVersion ?? 0),
    acknowledgedVersion: Number(row.standingAcknowledged ?? 0),
    refusal: row.standingRefusal,
    pinned,
    moving,
    held,
    frozen,
    refused,
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

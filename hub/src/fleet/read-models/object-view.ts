import type { Condition } from '@flotilla/common/kube/condition';
import type { Health, Intent, Sync } from '../domain/axes.js';
import type { GateState } from '../domain/gate.js';
import type { Freshness } from '../domain/freshness.js';
import { freshnessOf } from '../domain/freshness.js';

/** An object as the database gives it. */
export interface ObjectRow {
  readonly cluster: string;
  readonly shard: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly reason: string;
  readonly message: string;
  readonly sync: Sync;
  readonly health: Health;
  readonly revision: string;
  readonly attemptedRevision: string;
  readonly suspended: boolean;
  readonly intent: Intent;
  /** Empty without a gate. */
  readonly gateState: GateState | '';
  readonly gateMode: string;
  readonly gateNewestRevision: string;
  readonly gatePinnedRevision: string;
  readonly gatePinId: string;
  readonly gateMessage: string;
  readonly revisionAuthor: string;
  readonly sourceKind: string;
  readonly sourceNamespace: string;
  readonly sourceName: string;
  readonly sourceUrl: string;
  readonly sourceRef: string;
  /** bigint */
  readonly inventoryEntries: string | null;
  readonly inventoryDigest: string | null;
  /** bigint */
  readonly generation: string;
  readonly observedGeneration: string;
  readonly lastHandledReconcileAt: string;
  readonly changedAt: Date;
  readonly observedAt: Date | null;
  readonly conditions?: readonly Condition[];
}

/** Why a source is at the revision where it is. */
export interface GateView {
  readonly state: GateState;
  readonly mode: string;
  readonly newestRevision: string | null;
  readonly pinnedRevision: string | null;
  readonly pinId: string | null;
  readonly message: string;
}

/** An object as people see it; the resource `Object` of the API. */
export interface ObjectView {
  readonly cluster: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly ready: boolean;
  readonly reason: string;
  readonly message: string;
  readonly sync: Sync;
  readonly health: Health;
  readonly freshness: Freshness;
  readonly intent: Intent;
  readonly gate: GateView | null;
  readonly revision: string | null;
  readonly revisionAuthor: string | null;
  readonly attemptedRevision: string | null;
  readonly suspended: boolean;
  readonly source: { readonly kind: string; readonly namespace: string; readonly name: string } | null;
  readonly url: string | null;
  readonly ref: string | null;
  readonly inventory: { readonly entries: number; readonly digest: string } | null;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly lastHandledReconcileAt: string | null;
  readonly conditions?: readonly Condition[];
  readonly changedAt: Date;
  readonly observedAt: Date | null;
}

/** The columns of `fleet_objects o` that make an `ObjectRow`, without the conditions. */
export const objectColumns = `o.cluster, o.shard, o.api_version AS "apiVersion", o.kind, o.namespace, o.name,
  o.reason, o.message, o.sync, o.health, o.revision, o.attempted_revision AS "attemptedRevision", o.suspended,
  o.source_kind AS "sourceKind", o.source_namespace AS "sourceNamespace", o.source_name AS "sourceName",
  o.source_url AS "sourceUrl", o.source_ref AS "sourceRef",
  o.inventory_entries AS "inventoryEntries", o.inventory_digest AS "inventoryDigest",
  o.generation, o.observed_generation AS "observedGeneration",
  o.last_handled_reconcile_at AS "lastHandledReconcileAt", o.changed_at AS "changedAt", o.observed_at AS "observedAt",
  o.intent, o.gate_state AS "gateState", o.gate_mode AS "gateMode", o.gate_newest_revision AS "gateNewestRevision",
  o.gate_pinned_revision AS "gatePinnedRevision", o.gate_pin_id AS "gatePinId", o.gate_message AS "gateMessage",
  o.revision_author AS "revisionAuthor"`;

export function objectView(row: ObjectRow, now: Date): ObjectView {
  const freshness = freshnessOf(row.observedAt, now);
  const { cluster, apiVersion, kind, namespace, name, reason, message, sync, health, suspended } = row;
  return {
    cluster,
    apiVersion,
    kind,
    namespace,
    name,
    ready: freshness === 'Live' && sync === 'Synced' && health === 'Healthy',
    reason,
    message,
    sync,
    health,
    freshness,
    intent: row.intent,
    gate: gateView(row),
    revision: row.revision || null,
    revisionAuthor: row.revisionAuthor || null,
    attemptedRevision: row.attemptedRevision || null,
    suspended,
    source:
      row.sourceName === ''
        ? null
        : { kind: row.sourceKind, namespace: row.sourceNamespace, name: row.sourceName },
    url: row.sourceUrl || null,
    ref: row.sourceRef || null,
    inventory:
      row.inventoryEntries === null
        ? null
        : { entries: Number(row.inventoryEntries), digest: row.inventoryDigest ?? '' },
    generation: Number(row.generation),
    observedGeneration: Number(row.observedGeneration),
    lastHandledReconcileAt: row.lastHandledReconcileAt || null,
    ...(row.conditions ? { conditions: row.conditions } : {}),
    changedAt: row.changedAt,
    observedAt: row.observedAt,
  };
}

function gateView(row: ObjectRow): GateView | null {
  if (row.gateState === '') return null;
  return {
    state: row.gateState,
    mode: row.gateMode,
    newestRevision: row.gateNewestRevision || null,
    pinnedRevision: row.gatePinnedRevision || null,
    pinId: row.gatePinId || null,
    message: row.gateMessage,
  };
}

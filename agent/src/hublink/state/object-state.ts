import { createHash } from 'node:crypto';
import { authorKey, type GateField, type GateState } from '@flotilla/common/api/source-gate';
import type { Condition } from '@flotilla/common/kube/condition';
import type { KubeObject } from '@flotilla/common/kube/object';
import {
  type Condition as WireCondition,
  type InventorySummary,
  type ObjectRef,
  type ObjectState,
  type SourceGate,
  SourceGate_State as State,
} from '@flotilla/proto/flotilla/v1/state';

/** The parts of a Flux object that the hub is told of. All optional: the object may be new or broken. */
interface ReportedSpec {
  suspend?: boolean;
  url?: string;
  ref?: { branch?: string; tag?: string; semver?: string; name?: string; commit?: string };
  sourceRef?: { apiVersion?: string; kind?: string; name?: string; namespace?: string };
}

interface ReportedStatus {
  observedGeneration?: number;
  conditions?: Condition[];
  artifact?: { revision?: string; metadata?: Record<string, string> };
  gate?: GateField;
  lastAppliedRevision?: string;
  lastAttemptedRevision?: string;
  lastHandledReconcileAt?: string;
  inventory?: { entries?: Array<{ id: string }> };
}

/**
 * What the hub should know of an object. A pure function of the object alone: an agent that restarts comes to
 * the same rows, hence to the same hash, and has nothing to send.
 */
export function objectState(object: KubeObject): ObjectState {
  const spec = (object.spec ?? {}) as ReportedSpec;
  const status = (object.status ?? {}) as ReportedStatus;
  const conditions = status.conditions ?? [];
  return {
    ref: wireRef(object),
    uid: object.metadata.uid ?? '',
    generation: BigInt(object.metadata.generation ?? 0),
    observedGeneration: BigInt(status.observedGeneration ?? -1),
    suspended: spec.suspend === true,
    conditions: conditions.map(wireCondition),
    revision: status.lastAppliedRevision ?? status.artifact?.revision ?? '',
    attemptedRevision: status.lastAttemptedRevision ?? '',
    source: sourceOf(object, spec),
    sourceUrl: withoutUserInfo(spec.url ?? ''),
    sourceRef: spec.url === undefined ? '' : followedRef(spec.ref),
    inventory: inventorySummary(status.inventory?.entries),
    lastHandledReconcileAt: status.lastHandledReconcileAt ?? '',
    changedAt: newestTransition(conditions),
    gate: gateOf(status.gate),
    revisionAuthor: authorOf(status),
  };
}

function authorOf({ artifact }: ReportedStatus): string {
  return artifact?.metadata?.[authorKey] ?? '';
}

const gateStates: Readonly<Record<GateState, State>> = {
  Following: State.STATE_FOLLOWING,
  Pinned: State.STATE_PINNED,
  Moving: State.STATE_MOVING,
  Held: State.STATE_HELD,
  Frozen: State.STATE_FROZEN,
  Refused: State.STATE_REFUSED,
};

function gateOf(gate: GateField | undefined): SourceGate | undefined {
  if (!gate) return undefined;
  return {
    state: gateStates[gate.state] ?? State.STATE_UNSPECIFIED,
    mode: gate.mode,
    newestRevision: gate.newestRevision ?? '',
    pinnedRevision: gate.pinnedRevision ?? '',
    pinId: gate.pinId ?? '',
    message: gate.message ?? '',
  };
}

/** Names an object on the wire. */
export function wireRef(object: KubeObject): ObjectRef {
  const { namespace, name } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, namespace: namespace ?? '', name };
}

function wireCondition(condition: Condition): WireCondition {
  return {
    type: condition.type,
    status: condition.status,
    reason: condition.reason,
    message: condition.message,
    observedGeneration: BigInt(condition.observedGeneration ?? 0),
    lastTransitionTime: dateOf(condition.lastTransitionTime),
  };
}

function sourceOf(object: KubeObject, spec: ReportedSpec): ObjectRef | undefined {
  const source = spec.sourceRef;
  if (!source?.kind || !source.name) return undefined;
  return {
    apiVersion: source.apiVersion ?? '',
    kind: source.kind,
    namespace: source.namespace ?? object.metadata.namespace ?? '',
    name: source.name,
  };
}

/** Which ref a source follows, in the order of flux-compat 2.3. */
function followedRef(ref: ReportedSpec['ref']): string {
  if (ref?.commit) return `commit ${ref.commit}`;
  if (ref?.name) return ref.name;
  if (ref?.tag) return `tag ${ref.tag}`;
  if (ref?.semver) return `semver ${ref.semver}`;
  return `branch ${ref?.branch ?? 'master'}`;
}

/** Addresses may carry a password; the hub must never see one. */
function withoutUserInfo(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
}

function inventorySummary(entries: Array<{ id: string }> | undefined): InventorySummary | undefined {
  if (!entries) return undefined;
  const ids = entries.map((entry) => entry.id).sort();
  return { entries: ids.length, digest: createHash('sha256').update(ids.join('\n')).digest('hex') };
}

function newestTransition(conditions: readonly Condition[]): Date | undefined {
  let newest: Date | undefined;
  for (const { lastTransitionTime } of conditions) {
    const time = dateOf(lastTransitionTime);
    if (time && (!newest || time > newest)) newest = time;
  }
  return newest;
}

function dateOf(text: string | undefined): Date | undefined {
  const date = text ? new Date(text) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}

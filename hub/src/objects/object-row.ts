import { encodeRow, rowHash, tableKey } from '@flotilla/proto/table/table-hash';
import { SourceGate_State } from '@flotilla/proto/flotilla/v1/state';
import type {
  Condition as WireCondition,
  ObjectRef,
  ObjectState,
  SourceGate,
} from '@flotilla/proto/flotilla/v1/state';
import type { Condition, ConditionStatus } from '@flotilla/common/kube/condition';
import { axesOf, headline } from '../fleet/domain/axes.js';
import type { GateState } from '../fleet/domain/gate.js';

/** The longest part of an object's name that is taken; Kubernetes allows 253. */
const longestName = 512;

/** One row of `object_statuses`, without the agent that it belongs to. */
export interface ObjectRow {
  readonly key: string;
  readonly rowHash: Uint8Array;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: bigint;
  readonly observedGeneration: bigint;
  readonly suspended: boolean;
  readonly sync: string;
  readonly health: string;
  readonly intent: string;
  readonly readyStatus: string;
  readonly reason: string;
  readonly message: string;
  readonly conditions: string;
  readonly revision: string;
  readonly attemptedRevision: string;
  readonly source: ObjectRef;
  readonly sourceUrl: string;
  readonly sourceRef: string;
  readonly inventoryEntries: number | null;
  readonly inventoryDigest: string | null;
  readonly lastHandledReconcileAt: string;
  readonly changedAt: Date;
  readonly gate: GateRow | null;
  readonly revisionAuthor: string;
}

/** Why a source is at the revision where it is. */
export interface GateRow {
  readonly state: GateState;
  readonly mode: string;
  readonly newestRevision: string;
  readonly pinnedRevision: string;
  readonly pinId: string;
  readonly message: string;
}

const gateStates = new Map<SourceGate_State, GateState>([
  [SourceGate_State.STATE_FOLLOWING, 'Following'],
  [SourceGate_State.STATE_PINNED, 'Pinned'],
  [SourceGate_State.STATE_MOVING, 'Moving'],
  [SourceGate_State.STATE_HELD, 'Held'],
  [SourceGate_State.STATE_FROZEN, 'Frozen'],
  [SourceGate_State.STATE_REFUSED, 'Refused'],
]);

/** An agent said something that the protocol does not allow; the message names it. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** The key of an object that has a name. @throws ProtocolError */
export function keyOf(ref: ObjectRef | undefined): string {
  if (!ref || ref.kind === '' || ref.name === '')
    throw new ProtocolError('an object state without kind or name');
  const parts = [ref.apiVersion, ref.kind, ref.namespace, ref.name];
  if (parts.some((part) => part.length > longestName || part.includes('|') || part.includes('\0'))) {
    throw new ProtocolError(`an object with an impossible name: ${parts.join('/').slice(0, 200)}`);
  }
  return tableKey(ref);
}

/** What an agent says of an object, as a row. @throws ProtocolError */
export function objectRow(state: ObjectState, now: Date): ObjectRow {
  const key = keyOf(state.ref);
  const conditions = state.conditions.map(plainCondition);
  const { apiVersion, kind, namespace, name } = state.ref!;
  const gate = gateRow(state.gate);
  const axes = axesOf({
    kind,
    conditions,
    generation: Number(state.generation),
    observedGeneration: Number(state.observedGeneration),
    suspended: state.suspended,
    revision: state.revision,
    attemptedRevision: state.attemptedRevision,
    gate,
  });
  const { reason, message } = headline(conditions);
  return {
    key,
    rowHash: rowHash(key, encodeRow(state)),
    apiVersion,
    kind,
    namespace,
    name,
    uid: text(state.uid),
    generation: state.generation,
    observedGeneration: state.observedGeneration,
    suspended: state.suspended,
    sync: axes.sync,
    health: axes.health,
    intent: axes.intent,
    readyStatus: conditions.find(({ type }) => type === 'Ready')?.status ?? 'Unknown',
    reason,
    message,
    conditions: JSON.stringify(conditions),
    revision: text(state.revision),
    attemptedRevision: text(state.attemptedRevision),
    source: plainRef(state.source),
    sourceUrl: text(state.sourceUrl),
    sourceRef: text(state.sourceRef),
    inventoryEntries: state.inventory?.entries ?? null,
    inventoryDigest: state.inventory ? text(state.inventory.digest) : null,
    lastHandledReconcileAt: text(state.lastHandledReconcileAt),
    changedAt: validDate(state.changedAt) ?? now,
    gate,
    revisionAuthor: text(state.revisionAuthor),
  };
}

/** PostgreSQL stores every character but this one. */
export function text(value: string): string {
  return value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
}

/** Undefined for a time that no calendar has. */
export function validDate(date: Date | undefined): Date | undefined {
  if (!date || Number.isNaN(date.getTime())) return undefined;
  const year = date.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? date : undefined;
}

function plainRef(ref: ObjectRef | undefined): ObjectRef {
  const { apiVersion = '', kind = '', namespace = '', name = '' } = ref ?? {};
  const [a, k, ns, n] = [apiVersion, kind, namespace, name].map((part) => text(part).slice(0, longestName));
  return { apiVersion: a!, kind: k!, namespace: ns!, name: n! };
}

/** A state that a newer agent knows says no less than that the source does not simply follow. */
function gateRow(gate: SourceGate | undefined): GateRow | null {
  if (!gate) return null;
  return {
    state: gateStates.get(gate.state) ?? 'Held',
    mode: text(gate.mode),
    newestRevision: text(gate.newestRevision),
    pinnedRevision: text(gate.pinnedRevision),
    pinId: text(gate.pinId),
    message: text(gate.message),
  };
}

function plainCondition(condition: WireCondition): Condition {
  return {
    type: text(condition.type),
    status: conditionStatus(condition.status),
    reason: text(condition.reason),
    message: text(condition.message),
    observedGeneration: Number(condition.observedGeneration),
    lastTransitionTime: validDate(condition.lastTransitionTime)?.toISOString().replace('.000Z', 'Z') ?? '',
  };
}

function conditionStatus(status: string): ConditionStatus {
  return status === 'True' || status === 'False' ? status : 'Unknown';
}

import { createHash, createHmac } from 'node:crypto';
import { formatRef, type ObjectRef } from '@flotilla/common/kube/object';
import {
  type FieldChange as WireField,
  type PlannedChange,
  PlannedChange_Action as Action,
} from '@flotilla/proto/flotilla/v1/question';
import type { ObjectRef as WireRef } from '@flotilla/proto/flotilla/v1/state';
import { stringifyJson } from '../../kube/json.js';
import { toJsonPointer } from '../../ssa/drift-paths.js';
import { fieldChanges, type FieldChange } from '../../ssa/field-changes.js';
import type { PreviewedObject } from '../../ssa/preview.js';
import type { SecretFields } from './secret-fields.js';

/** Fields that are listed of one object. */
const mostFields = 60;
/** Characters of one value. */
const longestValue = 4_000;
/** Characters of a long value that are shown before its first difference. */
const lead = 400;
const ownerLabels = /^kustomize\.toolkit\.fluxcd\.io\/(name|namespace)$/;

export interface DescribeOptions {
  /** Of the live objects. */
  readonly before: SecretFields;
  /** Of the objects as they would be. */
  readonly after: SecretFields;
  /** Key of the digests; empty: there are none. */
  readonly digestKey: Uint8Array;
}

type Changed = Extract<PreviewedObject, { action: 'created' | 'configured' | 'recreated' }>;

const actions: Record<Changed['action'], Action> = {
  created: Action.ACTION_CREATE,
  configured: Action.ACTION_CONFIGURE,
  recreated: Action.ACTION_RECREATE,
};

/** A change in the form that leaves the cluster: no value of a Secret is in it. */
export function describeChange(changed: Changed, options: DescribeOptions): PlannedChange {
  const { action, ref } = changed;
  const [before, after] = action === 'created' ? [undefined, changed.after] : [changed.before, changed.after];
  const all = fieldChanges(before, after)
    .filter(({ path }) => !(action === 'created' && ownerLabels.test(String(path.at(-1)))))
    .map((change) => fieldOf(change, ref, options));
  if (action === 'configured' && changed.takenOverFrom.length > 0)
    all.push({
      path: '/metadata/managedFields',
      before: stringifyJson(changed.takenOverFrom),
      after: '["kustomize-controller"]',
    });
  return {
    action: actions[action],
    object: objectRef(ref, options),
    fields: all.slice(0, mostFields),
    omittedFields: Math.max(0, all.length - mostFields),
  };
}

/** A deletion. */
export function describeDeletion(ref: ObjectRef, options: DescribeOptions): PlannedChange {
  return { action: Action.ACTION_DELETE, object: objectRef(ref, options), fields: [], omittedFields: 0 };
}

/** What the server says against an object; withheld where it could quote a secret. */
export function describeFailure(
  { ref, error }: Extract<PreviewedObject, { action: 'failed' }>,
  { after }: DescribeOptions,
): string {
  if (!after.hidesSome(ref)) return (error as Error).message;
  const { reason = '' } = ((error as Error).cause ?? {}) as { reason?: string };
  const name = after.hidesName(ref) ? 'an object whose name comes from a Secret' : formatRef(ref);
  const why = reason ? ` (${reason})` : '';
  return `${name} dry-run failed${why}: the message is withheld, because values of Secrets are in this object`;
}

function objectRef(ref: ObjectRef, { before, after }: DescribeOptions): WireRef {
  if (after.hidesName(ref) || before.hidesName(ref))
    return { apiVersion: ref.apiVersion, kind: '(hidden)', namespace: '', name: '(hidden)' };
  return { namespace: '', ...ref };
}

function fieldOf(change: FieldChange, ref: ObjectRef, options: DescribeOptions): WireField {
  const path = toJsonPointer(change.path);
  const isSecret = options.before.hides(ref, change.path) || options.after.hides(ref, change.path);
  if (isSecret) {
    const { digestKey } = options;
    return { path, before: digestOf(change.before, digestKey), after: digestOf(change.after, digestKey) };
  }
  const start = firstDifference(change);
  return { path, before: shown(change.before, start), after: shown(change.after, start) };
}

function digestOf(value: unknown, key: Uint8Array): string {
  if (value === undefined) return '';
  if (key.length === 0) return '"(secret)"';
  const digest = createHmac('sha256', key).update(stringifyJson(value)).digest('hex').slice(0, 16);
  return `"(secret hmac-sha256:${digest})"`;
}

function firstDifference({ before, after }: FieldChange): number {
  if (typeof before !== 'string' || typeof after !== 'string') return 0;
  let at = 0;
  while (at < before.length && at < after.length && before[at] === after[at]) at += 1;
  return at;
}

/** JSON; of a long text the part around its first difference, with a digest, so that different texts stay different. */
function shown(value: unknown, difference: number): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : stringifyJson(value);
  if (text.length <= longestValue) return stringifyJson(value);
  const start = Math.max(0, Math.min(difference - lead, text.length - longestValue));
  const part = text.slice(start, start + longestValue);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const before = start > 0 ? '…' : '';
  return stringifyJson(`${before}${part}… (${text.length} characters, sha256:${digest})`);
}

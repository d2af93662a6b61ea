import type { KubeObject, ManagedFieldsEntry } from '@flotilla/common/kube/object';
import { unionFields, type FieldSet } from './field-set.js';

/** Left behind by kubectl and by earlier generations of Flux (flux-compat 1.3). */
const staleAnnotations = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'kustomize.toolkit.fluxcd.io/checksum',
  'fluxcd.io/sync-checksum',
];
const staleLabels = ['fluxcd.io/sync-gc-mark'];

export interface TakeOverOptions {
  fieldManager: string;
  /** Managers beyond the built-in list, whatever they did. */
  overrideManagers: readonly string[];
}

export type JsonPatch = Array<{ op: 'remove' | 'replace'; path: string; value?: unknown }>;

/**
 * The JSON patch that cleans a live object before it is applied: stale annotations and labels go, and fields of kubectl
 * and other taken-over managers become the applier's own, so that undeclared ones vanish with the apply
 * (flux-compat 3.6, 6 and 7a). Undefined when there is nothing to clean.
 */
export function takeOverPatch(live: KubeObject, options: TakeOverOptions): JsonPatch | undefined {
  const patch: JsonPatch = [
    ...removals('annotations', live.metadata.annotations, staleAnnotations),
    ...removals('labels', live.metadata.labels, staleLabels),
  ];
  const managedFields = takenOver(live.metadata.managedFields ?? [], options);
  if (managedFields) patch.push({ op: 'replace', path: '/metadata/managedFields', value: managedFields });
  return patch.length > 0 ? patch : undefined;
}

function removals(
  field: string,
  values: Record<string, string> | undefined,
  stale: readonly string[],
): JsonPatch {
  return stale
    .filter((key) => values?.[key] !== undefined)
    .map((key) => ({
      op: 'remove',
      path: `/metadata/${field}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    }));
}

function takenOver(
  entries: readonly ManagedFieldsEntry[],
  options: TakeOverOptions,
): ManagedFieldsEntry[] | undefined {
  const taken = entries.filter((entry) => isTakenOver(entry, options));
  if (taken.length === 0) return undefined;
  const own = entries.find((entry) => isOwn(entry, options.fieldManager));
  const [base, ...merged] = own ? [own, ...taken] : taken;
  const fieldsV1 = merged.reduce<FieldSet>(
    (fields, entry) => unionFields(fields, fieldsOf(entry)),
    fieldsOf(base!),
  );
  const rest = entries.filter((entry) => entry !== own && !taken.includes(entry));
  return [...rest, { ...base!, manager: options.fieldManager, operation: 'Apply', fieldsV1 }];
}

function isOwn(entry: ManagedFieldsEntry, fieldManager: string): boolean {
  return entry.manager === fieldManager && entry.operation === 'Apply' && !entry.subresource;
}

/** True when the fields of this manager become the applier's own. */
export function isTakenOver(
  entry: ManagedFieldsEntry,
  { fieldManager, overrideManagers }: TakeOverOptions,
): boolean {
  const manager = entry.manager ?? '';
  if (entry.subresource || isOwn(entry, fieldManager)) return false;
  if (manager.startsWith('kubectl')) return true;
  if (overrideManagers.some((name) => manager.startsWith(name))) return true;
  // The applier's own fields of before server-side apply, and the server's stand-in for unknown owners.
  return (
    entry.operation === 'Update' &&
    (manager.startsWith('before-first-apply') || manager.startsWith(fieldManager))
  );
}

function fieldsOf(entry: ManagedFieldsEntry): FieldSet {
  return (entry.fieldsV1 ?? {}) as FieldSet;
}

import type { KubeObject, ManagedFieldsEntry } from '@flotilla/common/kube/object';
import { describe, expect, it } from 'vitest';
import { unionFields } from './field-set.js';
import { takeOverPatch } from './take-over.js';

const options = { fieldManager: 'kustomize-controller', overrideManagers: ['legacy'] };
const object = (metadata: Partial<KubeObject['metadata']>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', ...metadata },
});
const entry = (
  manager: string,
  operation: 'Apply' | 'Update',
  field: string,
  more: Partial<ManagedFieldsEntry> = {},
): ManagedFieldsEntry => ({
  manager,
  operation,
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:data': { [`f:${field}`]: {} } },
  ...more,
});

describe('take-over of fields (flux-compat 3.6, 6)', () => {
  const rows: Array<[string, ManagedFieldsEntry, boolean]> = [
    ['kubectl apply --server-side', entry('kubectl', 'Apply', 'a'), true],
    ['kubectl apply', entry('kubectl-client-side-apply', 'Update', 'a'), true],
    ['kubectl edit', entry('kubectl-edit', 'Update', 'a'), true],
    ['before-first-apply', entry('before-first-apply', 'Update', 'a'), true],
    ['own updates of before server-side apply', entry('kustomize-controller', 'Update', 'a'), true],
    ['an override manager that updated', entry('legacy-controller', 'Update', 'a'), true],
    ['an override manager that applied', entry('legacy', 'Apply', 'a'), true],
    ['its own apply', entry('kustomize-controller', 'Apply', 'a'), false],
    ['another controller', entry('helm', 'Update', 'a'), false],
    ['a write to the status', entry('kubectl', 'Update', 'a', { subresource: 'status' }), false],
  ];
  it.each(rows)('%s', (_, managed, taken) => {
    expect(takeOverPatch(object({ managedFields: [managed] }), options) !== undefined).toBe(taken);
  });

  it('merges what was taken into the own entry, which becomes the last', () => {
    const own = entry('kustomize-controller', 'Apply', 'a', { time: '2026-01-01T00:00:00Z' });
    const other = entry('helm', 'Update', 'z');
    const patch = takeOverPatch(
      object({ managedFields: [entry('kubectl-edit', 'Update', 'b'), own, other] }),
      options,
    );
    expect(patch).toEqual([
      {
        op: 'replace',
        path: '/metadata/managedFields',
        value: [other, { ...own, fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {} } } }],
      },
    ]);
  });

  it('renames the first taken entry when there is no own one yet', () => {
    const patch = takeOverPatch(
      object({
        managedFields: [entry('kubectl', 'Update', 'a'), entry('before-first-apply', 'Update', 'b')],
      }),
      options,
    );
    expect(patch?.[0]?.value).toEqual([
      { ...entry('kustomize-controller', 'Apply', 'a'), fieldsV1: { 'f:data': { 'f:a': {}, 'f:b': {} } } },
    ]);
  });
});

describe('stale annotations and labels (flux-compat 1.3)', () => {
  it('are removed, others stay', () => {
    const live = object({
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
        'fluxcd.io/sync-checksum': 'x',
        keep: 'me',
      },
      labels: { 'fluxcd.io/sync-gc-mark': 'x', keep: 'me' },
    });
    expect(takeOverPatch(live, options)).toEqual([
      { op: 'remove', path: '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration' },
      { op: 'remove', path: '/metadata/annotations/fluxcd.io~1sync-checksum' },
      { op: 'remove', path: '/metadata/labels/fluxcd.io~1sync-gc-mark' },
    ]);
  });

  it('need no patch when there are none', () => {
    expect(takeOverPatch(object({ annotations: { a: 'b' } }), options)).toBeUndefined();
  });
});

describe('union of field sets', () => {
  it.each([
    ['disjoint', { 'f:a': {} }, { 'f:b': {} }, { 'f:a': {}, 'f:b': {} }],
    ['nested', { 'f:a': { 'f:b': {} } }, { 'f:a': { 'f:c': {} } }, { 'f:a': { 'f:b': {}, 'f:c': {} } }],
    ['a field and its child', { 'f:a': {} }, { 'f:a': { 'f:c': {} } }, { 'f:a': { '.': {}, 'f:c': {} } }],
    ['a child and its field', { 'f:a': { 'f:c': {} } }, { 'f:a': {} }, { 'f:a': { '.': {}, 'f:c': {} } }],
  ])('%s', (_, a, b, union) => {
    expect(unionFields(a as never, b as never)).toEqual(union);
  });
});

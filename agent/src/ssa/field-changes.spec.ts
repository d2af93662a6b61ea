import { describe, expect, it } from 'vitest';
import type { KubeObject } from '@flotilla/common/kube/object';
import { toJsonPointer } from './drift-paths.js';
import { fieldChanges } from './field-changes.js';

const base = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'b', uid: '1' } };
const map = (data?: Record<string, unknown>): KubeObject => ({ ...base, ...(data ? { data } : {}) });

function shown(before: KubeObject | undefined, after: KubeObject | undefined): unknown[] {
  return fieldChanges(before, after).map((change) => [
    toJsonPointer(change.path),
    change.before,
    change.after,
  ]);
}

describe('the fields that change', () => {
  it.each<[string, KubeObject | undefined, KubeObject | undefined, unknown[]]>([
    [
      'nothing when only the server’s own fields differ',
      map({ a: '1' }),
      { ...map({ a: '1' }), status: {} },
      [],
    ],
    ['a value', map({ a: '1', b: '2' }), map({ a: '3', b: '2' }), [['/data/a', '1', '3']]],
    ['a value that comes', map({}), map({ a: '1' }), [['/data/a', undefined, '1']]],
    ['a value that goes', map({ a: '1' }), map(), [['/data/a', '1', undefined]]],
    ['a name with a slash, escaped', map({ 'x/y': '1' }), map({ 'x/y': '2' }), [['/data/x~1y', '1', '2']]],
    [
      'a sub-tree value by value',
      map(),
      { ...map(), spec: { list: [{ name: 'x' }, 2], empty: {} } },
      [
        ['/spec/list/0/name', undefined, 'x'],
        ['/spec/list/1', undefined, 2],
        ['/spec/empty', undefined, {}],
      ],
    ],
    [
      'all of an object that is created, but not which it is',
      undefined,
      map({ a: '1' }),
      [['/data/a', undefined, '1']],
    ],
    [
      'labels and annotations, and nothing else of the metadata',
      { ...map(), metadata: { ...base.metadata, labels: { l: '1' } } },
      { ...map(), metadata: { ...base.metadata, uid: '2', annotations: { x: 'y' } } },
      [
        ['/metadata/labels/l', '1', undefined],
        ['/metadata/annotations/x', undefined, 'y'],
      ],
    ],
    [
      'a value that becomes a tree, as one',
      { ...map(), spec: 'text' },
      { ...map(), spec: { a: 1 } },
      [['/spec', 'text', { a: 1 }]],
    ],
  ])('name %s', (_case, before, after, expected) => {
    expect(shown(before, after)).toEqual(expected);
  });
});

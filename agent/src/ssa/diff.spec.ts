import type { KubeObject, ManagedFieldsEntry } from '@flotilla/common/kube/object';
import { describe, expect, it } from 'vitest';
import { describeDrift, hasDrifted } from './diff.js';
import { differingPaths, toJsonPointer } from './drift-paths.js';

const live: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'x', namespace: 'n', uid: 'u', resourceVersion: '1', generation: 1, labels: { a: 'b' } },
  spec: { replicas: 2, template: { spec: { containers: [{ name: 'c', image: 'i:1', args: ['-a'] }] } } },
  status: { replicas: 2 },
};
const changed = (change: (object: KubeObject) => void): KubeObject => {
  const copy = structuredClone(live);
  change(copy);
  return copy;
};

describe('drift of a live object from the dry-run result (flux-compat 3.6, 5)', () => {
  const rows: Array<[string, KubeObject, boolean]> = [
    ['the same object has not drifted', live, false],
    ['status does not count', changed((o) => (o.status = { replicas: 0 })), false],
    [
      'other metadata does not count',
      changed((o) => Object.assign(o.metadata, { resourceVersion: '2', generation: 2, finalizers: ['f'] })),
      false,
    ],
    ['a label counts', changed((o) => (o.metadata.labels = { a: 'c' })), true],
    ['a missing label counts', changed((o) => delete o.metadata.labels), true],
    ['an annotation counts', changed((o) => (o.metadata.annotations = { a: 'c' })), true],
    ['empty annotations do not count', changed((o) => (o.metadata.annotations = {})), false],
    ['a field of the spec counts', changed((o) => ((o.spec as { replicas: number }).replicas = 3)), true],
    ['a field outside of the spec counts', changed((o) => (o['data'] = { a: 'b' })), true],
  ];
  it.each(rows)('%s', (_, wanted, drifted) => {
    expect(hasDrifted(live, wanted)).toBe(drifted);
  });

  it('the doubled metrics of an old server do not count', () => {
    const metric = { type: 'Resource', resource: { name: 'cpu' } };
    const hpa = (metrics: unknown[]): KubeObject => ({
      apiVersion: 'autoscaling/v2beta2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'x' },
      spec: { metrics },
    });
    expect(hasDrifted(hpa([metric]), hpa([metric, metric, { type: '' }]))).toBe(false);
    expect(hasDrifted(hpa([metric]), hpa([{ ...metric, resource: { name: 'memory' } }]))).toBe(true);
  });
});

describe('differing paths', () => {
  const rows: Array<[string, unknown, unknown, string[]]> = [
    ['a scalar', { a: { b: 1 } }, { a: { b: 2 } }, ['/a/b']],
    ['a sub-tree of one side is one path', { a: {}, s: { x: { y: 1, z: 2 } } }, { a: {} }, ['/s']],
    ['an item of a list', { l: [1, 2] }, { l: [1, 3, 4] }, ['/l/1', '/l/2']],
    ['a list instead of a map', { a: [1] }, { a: { 0: 1 } }, ['/a']],
    ['empty is the same as absent', { a: {}, b: [], c: null }, {}, []],
    ['zero, false and empty text are values', { a: 0, b: false, c: '' }, {}, ['/a', '/b', '/c']],
    ['names are escaped', { 'a/b': { 'c~d': 1 } }, { 'a/b': { 'c~d': 2 } }, ['/a~1b/c~0d']],
    ['integers beyond 2^53', { a: 9007199254740993n }, { a: 9007199254740992n }, ['/a']],
  ];
  it.each(rows)('%s', (_, a, b, paths) => {
    expect(differingPaths(a, b, 10).map(toJsonPointer)).toEqual(paths);
  });

  it('stop at the limit', () => {
    expect(
      differingPaths(
        Array.from({ length: 50 }, (_, i) => i),
        Array.from({ length: 50 }, (_, i) => -i - 1),
        3,
      ),
    ).toHaveLength(3);
  });
});

describe('who caused a drift', () => {
  const entry = (manager: string, time: string, fieldsV1: Record<string, unknown>): ManagedFieldsEntry => ({
    manager,
    operation: 'Update',
    time,
    fieldsV1,
  });
  const replicas = { 'f:spec': { 'f:replicas': {} } };
  const container = (fields: Record<string, unknown>) => ({
    'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': fields } } } },
  });
  const managed = (...managedFields: ManagedFieldsEntry[]) =>
    changed((o) => (o.metadata.managedFields = managedFields));
  const scaled = changed((o) => ((o.spec as { replicas: number }).replicas = 5));
  const newImage = changed(
    (o) =>
      (o.spec = {
        replicas: 2,
        template: { spec: { containers: [{ name: 'c', image: 'i:2', args: ['-b'] }] } },
      }),
  );

  it('is the other manager that owns the field', () => {
    const got = describeDrift(
      managed(
        entry('kubectl-edit', '2026-01-01T00:00:00Z', replicas),
        entry('other', '2026-01-02T00:00:00Z', { 'f:data': {} }),
      ),
      scaled,
      'own',
    );
    expect(got).toEqual([{ path: '/spec/replicas', manager: 'kubectl-edit' }]);
  });

  it('is the last of several', () => {
    const got = describeDrift(
      managed(
        entry('hpa', '2026-01-02T00:00:00Z', replicas),
        entry('kubectl', '2026-01-01T00:00:00Z', replicas),
      ),
      scaled,
      'own',
    );
    expect(got[0]?.manager).toBe('hpa');
  });

  it('is found in a list by the key of the item, and for a list that is owned as a whole', () => {
    const got = describeDrift(
      managed(entry('edit', '2026-01-01T00:00:00Z', container({ 'f:image': {}, 'f:args': {} }))),
      newImage,
      'own',
    );
    expect(got).toEqual([
      { path: '/spec/template/spec/containers/0/image', manager: 'edit' },
      { path: '/spec/template/spec/containers/0/args/0', manager: 'edit' },
    ]);
  });

  it('is not told when nobody else owns the field', () => {
    expect(describeDrift(managed(entry('own', '2026-01-01T00:00:00Z', replicas)), scaled, 'own')).toEqual([
      { path: '/spec/replicas' },
    ]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObjectRef } from '../kube/object.js';
import {
  inventoryDigest,
  inventoryEntry,
  inventoryOf,
  mergeInventory,
  refOfEntry,
  staleEntries,
} from './inventory.js';
import { objectId, parseObjectId } from './object-id.js';

describe('inventory ids (flux-compat 3.1)', () => {
  it.each<[string, ObjectRef, string]>([
    [
      'namespaced',
      { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' },
      'default_web_apps_Deployment',
    ],
    [
      'core group',
      { apiVersion: 'v1', kind: 'Service', namespace: 'default', name: 'web' },
      'default_web__Service',
    ],
    ['cluster-scoped', { apiVersion: 'v1', kind: 'Namespace', name: 'prod' }, '_prod__Namespace'],
    [
      'RBAC with a colon',
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: 'system:x:y' },
      '_system__x__y_rbac.authorization.k8s.io_ClusterRole',
    ],
    [
      'a dotted name',
      { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: 'a.b.c' },
      '_a.b.c_apiextensions.k8s.io_CustomResourceDefinition',
    ],
  ])('%s', (_name, ref, id) => {
    expect(objectId(ref)).toBe(id);
    const entry = inventoryEntry(ref);
    expect(entry).toEqual({ id, v: 'v1' });
    expect(refOfEntry(entry)).toEqual(ref);
  });

  it.each([
    '',
    '_',
    'a_b',
    'a_b_c',
    'a__b_C',
    '___',
    'ns_na_me_group_Kind',
    'ns_name_group_',
    'ns_na___me_g_K',
  ])('refuse %j', (id) => expect(() => parseObjectId(id)).toThrow(`inventory id ${JSON.stringify(id)}: `));

  it('survive any Kubernetes name', () => {
    const part = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?$/);
    const ref = fc.record({
      namespace: part,
      name: part,
      group: fc.option(part, { nil: '' }),
      kind: fc.stringMatching(/^[A-Z][A-Za-z]{0,20}$/),
    });
    fc.assert(
      fc.property(ref, ({ namespace, name, group, kind }) => {
        const apiVersion = group ? `${group}/v1` : 'v1';
        expect(parseObjectId(objectId({ apiVersion, kind, namespace, name }))).toEqual({
          namespace,
          name,
          group,
          kind,
        });
      }),
    );
  });

  it('survive RBAC names with any colons', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]([a-z:]{0,10}[a-z])?$/), (name) => {
        const ref = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name };
        expect(refOfEntry(inventoryEntry(ref))).toEqual(ref);
      }),
    );
  });
});

describe('inventories', () => {
  const entry = (name: string, v = 'v1') => ({ id: `ns_${name}__ConfigMap`, v });

  it('hold an object once, with its last version', () => {
    const ref = { apiVersion: 'a.b/v1', kind: 'X', namespace: 'n', name: 'x' };
    expect(inventoryOf([ref, { ...ref, apiVersion: 'a.b/v2' }])).toEqual([{ id: 'n_x_a.b_X', v: 'v2' }]);
  });

  it('differ by id alone, so that a version change prunes nothing (flux-compat 3.7)', () => {
    expect(staleEntries([entry('a'), entry('b', 'v1beta1')], [entry('b'), entry('c')])).toEqual([entry('a')]);
  });

  it('take back what could not be deleted (flux-compat 3.2)', () => {
    expect(mergeInventory([entry('b'), entry('c')], [entry('a'), entry('b', 'v1beta1')])).toEqual([
      entry('b'),
      entry('c'),
      entry('a'),
    ]);
  });

  it('have a digest that does not know order or versions', () => {
    const digest = inventoryDigest([entry('a'), entry('b')]);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(inventoryDigest([entry('b', 'v2'), entry('a')])).toBe(digest);
    expect(inventoryDigest([entry('a')])).not.toBe(digest);
    expect(inventoryDigest([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

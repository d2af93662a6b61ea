import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../kube/object.js';
import { parseKustomization } from './kustomization.js';
import { olderFieldNotices } from './older-fields.js';

function kustomization(fields: object): KubeObject {
  const sourceRef = { kind: 'GitRepository', name: 'fleet' };
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { namespace: 'flux-system', name: 'apps' },
    spec: { interval: '10m', prune: true, sourceRef, ...fields },
  };
}

describe('fields of older versions of a Kustomization', () => {
  it('become patches: strategic merge first, JSON patches last, as kustomize orders them', () => {
    const merge = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { x: '1' } };
    const operation = { op: 'add', path: '/data/y', value: { deep: [1] } };
    const target = { kind: 'ConfigMap' };

    const { spec } = parseKustomization(
      kustomization({
        patches: [{ patch: 'own' }],
        patchesStrategicMerge: [merge, 'kind: Text'],
        patchesJson6902: [{ patch: [operation], target }],
      }),
    );

    expect(spec.patches).toEqual([
      { patch: JSON.stringify(merge) },
      { patch: 'kind: Text' },
      { patch: 'own' },
      { patch: JSON.stringify([operation]), target },
    ]);
    expect(spec).not.toHaveProperty('patchesStrategicMerge');
    expect(spec).not.toHaveProperty('patchesJson6902');
  });

  it('leave a spec without them as it is', () => {
    expect(parseKustomization(kustomization({})).spec).not.toHaveProperty('patches');
    expect(parseKustomization(kustomization({ patches: [{ patch: 'x' }] })).spec.patches).toEqual([
      { patch: 'x' },
    ]);
  });

  it('are named with what to do', () => {
    expect(olderFieldNotices(kustomization({ validation: 'client', path: './' }))).toEqual([
      'spec.validation has no effect: everything is checked by the API server before it is applied; remove it',
    ]);
    expect(olderFieldNotices(kustomization({}))).toEqual([]);
  });
});

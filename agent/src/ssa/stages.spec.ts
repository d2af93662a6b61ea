import type { KubeObject } from '@flotilla/common/kube/object';
import { formatObject, refOf } from '@flotilla/common/kube/object';
import { describe, expect, it } from 'vitest';
import { compareForApply } from './apply-order.js';
import { splitIntoStages } from './stages.js';

function object(apiVersion: string, kind: string, name: string, namespace?: string): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace ? { namespace } : {}) } };
}

describe('stages of an apply (flux-compat 3.6, 2)', () => {
  const rows: Array<[string, KubeObject, string]> = [
    [
      'a CustomResourceDefinition',
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'x'),
      'definitions',
    ],
    ['a Namespace', object('v1', 'Namespace', 'x'), 'definitions'],
    ['a ClusterRole', object('rbac.authorization.k8s.io/v1', 'ClusterRole', 'x'), 'definitions'],
    ['a foreign kind called Namespace', object('example.com/v1', 'Namespace', 'x'), 'rest'],
    ['a StorageClass', object('storage.k8s.io/v1', 'StorageClass', 'x'), 'classes'],
    ['a class of a custom kind', object('example.com/v1', 'PizzaClass', 'x'), 'classes'],
    ['a custom stage kind with its group', object('example.com/v1', 'First', 'x', 'n'), 'custom'],
    ['a custom stage kind of the core group', object('v1', 'ServiceAccount', 'x', 'n'), 'custom'],
    ['the same kind of another group', object('other.com/v1', 'First', 'x', 'n'), 'rest'],
    ['a ClusterRoleBinding', object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'x'), 'rest'],
    ['a Deployment', object('apps/v1', 'Deployment', 'x', 'n'), 'rest'],
  ];
  it.each(rows)('%s', (_, given, stage) => {
    expect(splitIntoStages([given], ['example.com/First', 'ServiceAccount']).map((s) => s.name)).toEqual([
      stage,
    ]);
  });

  it('come in order, wait only after definitions and classes, and leave empty ones out', () => {
    const stages = splitIntoStages(
      [
        object('v1', 'ConfigMap', 'c', 'n'),
        object('v1', 'Namespace', 'n'),
        object('storage.k8s.io/v1', 'StorageClass', 's'),
      ],
      [],
    );
    expect(stages.map((s) => [s.name, s.waits])).toEqual([
      ['definitions', true],
      ['classes', true],
      ['rest', false],
    ]);
  });

  it('do not change the list that was given', () => {
    const given = Object.freeze([object('v1', 'Secret', 's', 'n'), object('v1', 'ConfigMap', 'c', 'n')]);
    expect(splitIntoStages(given, [])[0]!.objects.map((o) => o.kind)).toEqual(['ConfigMap', 'Secret']);
  });
});

describe('order within a stage (flux-compat 3.6, 3)', () => {
  it('is by rank of the kind, then group, kind, namespace and name', () => {
    const wanted = [
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'z'),
      object('v1', 'Namespace', 'z'),
      object('rbac.authorization.k8s.io/v1', 'ClusterRole', 'z'),
      object('cluster.x-k8s.io/v1', 'ClusterClass', 'z'),
      object('scheduling.k8s.io/v1', 'PriorityClass', 'z'),
      object('storage.k8s.io/v1', 'StorageClass', 'z'),
      object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'z'),
      object('v1', 'ServiceAccount', 'z', 'n'),
      object('rbac.authorization.k8s.io/v1', 'Role', 'z', 'n'),
      object('v1', 'ConfigMap', 'b', 'a'),
      object('v1', 'ConfigMap', 'a', 'b'),
      object('v1', 'ConfigMap', 'b', 'b'),
      object('v1', 'Secret', 'a', 'n'),
      object('v1', 'Service', 'a', 'n'),
      object('apps/v1', 'Deployment', 'a', 'n'),
      object('policy/v1', 'PodDisruptionBudget', 'a', 'n'),
      object('v1', 'Pod', 'a', 'n'),
      object('apps/v1', 'DaemonSet', 'a', 'n'),
      object('example.com/v1', 'Zebra', 'a', 'n'),
      object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'a'),
      object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'a'),
    ];
    const sorted = wanted.toReversed().toSorted((a, b) => compareForApply(refOf(a), refOf(b)));
    expect(sorted.map(formatObject)).toEqual(wanted.map(formatObject));
  });
});

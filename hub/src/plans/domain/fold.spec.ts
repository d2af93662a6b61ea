import { describe, expect, it } from 'vitest';
import { foldPlan, type Finding } from './fold.js';
import type { PlanAction, PlanChange } from './plan-change.js';

const apps = { namespace: 'flux-system', name: 'apps' };
const infra = { namespace: 'flux-system', name: 'infra' };

function change(name: string, action: PlanAction = 'Configure'): PlanChange {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'apps', name };
  return { action, object, fields: [], omittedFields: 0 };
}

const known = new Map([
  ['a', change('a')],
  ['b', change('b')],
  ['x', change('x', 'Delete')],
]);

function finding(cluster: string, changes: readonly string[], more: Partial<Finding> = {}): Finding {
  return { cluster, kustomization: apps, failure: '', note: '', unchanged: 0, omitted: 0, changes, ...more };
}

function shown(findings: readonly Finding[]): unknown[] {
  return foldPlan(findings, known).groups.map(({ clusters, kustomization, changes }) => [
    clusters.join(','),
    kustomization.name,
    changes.map(({ object }) => object.name).join(','),
  ]);
}

describe('a folded plan', () => {
  it.each<[string, Finding[], unknown[]]>([
    ['nothing', [], []],
    ['one diff once', [finding('one', ['a']), finding('two', ['a'])], [['one,two', 'apps', 'a']]],
    [
      'what two clusters share apart from what one has alone',
      [finding('one', ['a', 'x']), finding('two', ['a'])],
      [
        ['one,two', 'apps', 'a'],
        ['one', 'apps', 'x'],
      ],
    ],
    [
      'changes of the same clusters together, in their order',
      [finding('two', ['b', 'a']), finding('one', ['b', 'a'])],
      [['one,two', 'apps', 'b,a']],
    ],
    [
      'the parts of one answer together',
      [finding('one', ['a']), finding('one', ['b'])],
      [['one', 'apps', 'a,b']],
    ],
    [
      'the same diff of two Kustomizations apart',
      [finding('one', ['a']), finding('one', ['a'], { kustomization: infra })],
      [
        ['one', 'apps', 'a'],
        ['one', 'infra', 'a'],
      ],
    ],
    ['no change that is not kept', [finding('one', ['unknown'])], []],
  ])('shows %s', (_case, findings, expected) => {
    expect(shown(findings)).toEqual(expected);
  });

  it('folds failures and notes by their words', () => {
    const folded = foldPlan(
      [
        finding('two', [], { failure: 'broken' }),
        finding('one', [], { failure: 'broken', note: 'suspended' }),
        finding('three', [], { failure: 'otherwise broken' }),
      ],
      known,
    );
    expect(folded.failures).toEqual([
      { clusters: ['one', 'two'], kustomization: apps, message: 'broken' },
      { clusters: ['three'], kustomization: apps, message: 'otherwise broken' },
    ]);
    expect(folded.notes).toEqual([{ clusters: ['one'], kustomization: apps, message: 'suspended' }]);
  });

  it('counts objects in each cluster, and what is not listed', () => {
    const { totals } = foldPlan(
      [finding('one', ['a', 'x'], { unchanged: 3, omitted: 5 }), finding('two', ['a']), finding('three', [])],
      known,
    );
    expect(totals).toEqual({
      objects: 8,
      clusters: 2,
      actions: { Create: 0, Configure: 2, Delete: 1, Recreate: 0 },
      unchanged: 3,
      omitted: 5,
    });
  });
});

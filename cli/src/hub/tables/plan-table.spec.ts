import { describe, expect, it } from 'vitest';
import { noPaint } from '../../output/paint.js';
import type { Plan, PlannedChange } from '../plan-schema.js';
import { planLines, totalText } from './plan-table.js';

const apps = { namespace: 'flux-system', name: 'apps' };
const actions = { Create: 0, Configure: 1, Delete: 0, Recreate: 0 };

function change(action: string, fields: PlannedChange['fields'] = [], omittedFields = 0): PlannedChange {
  return { action, object: { kind: 'ConfigMap', namespace: 'apps', name: 'x' }, fields, omittedFields };
}

function plan(over: Partial<Plan>): Plan {
  return {
    id: 'p',
    ref: 'refs/heads/next',
    state: 'Complete',
    states: {},
    expiresAt: '2026-01-01T00:00:00Z',
    clusters: [],
    groups: [],
    failures: [],
    notes: [],
    totals: { objects: 1, clusters: 1, actions, unchanged: 0, omitted: 0 },
    ...over,
  };
}

function shown(...changes: PlannedChange[]): string[] {
  const groups = [{ clusters: ['dev', 'prod'], kustomization: apps, changes }];
  return planLines(plan({ groups }), noPaint).slice(1, -2);
}

describe('a plan for people', () => {
  it('says once what applies to several clusters', () => {
    const groups = [{ clusters: ['dev', 'prod'], kustomization: apps, changes: [change('Delete')] }];
    expect(planLines(plan({ groups }), noPaint)).toEqual([
      'Kustomization flux-system/apps on dev, prod',
      '  - ConfigMap/apps/x',
      '',
      'Plan: 1 to configure; 1 object on 1 cluster, 0 unchanged',
    ]);
  });

  it.each<[string, PlannedChange, string[]]>([
    [
      'a creation',
      change('Create', [{ path: '/data/a', after: 1 }]),
      ['  + ConfigMap/apps/x', '      /data/a: 1'],
    ],
    [
      'a field that changes',
      change('Configure', [{ path: '/data/a', before: 'one', after: 'two' }]),
      ['  ~ ConfigMap/apps/x', '      /data/a: "one" -> "two"'],
    ],
    [
      'a field that goes',
      change('Configure', [{ path: '/data/a', before: { b: [1] } }]),
      ['  ~ ConfigMap/apps/x', '      /data/a: { "b": [ 1 ] } (removed)'],
    ],
    ['a recreation', change('Recreate'), ['  ± ConfigMap/apps/x (deleted and created anew)']],
    ['what is not listed', change('Create', [], 3), ['  + ConfigMap/apps/x', '      … and 3 more fields']],
    [
      'the lines of a long text that differ',
      change('Configure', [
        { path: '/data/f', before: 'a\nb\nc\n  old\nd\ne\nf\n', after: 'a\nb\nc\n  new\nd\ne\nf\n' },
      ]),
      [
        '  ~ ConfigMap/apps/x',
        '      /data/f:',
        '          b',
        '          c',
        '        -   old',
        '        +   new',
        '          d',
        '          e',
      ],
    ],
    [
      'no sequence that a terminal would obey',
      change('Configure', [{ path: '/data/a\u001b[2J', before: '\u001b[31m', after: 'x\ny\u001b[2J' }]),
      ['  ~ ConfigMap/apps/x', '      /data/a [2J:', '        - [31m', '        + x', '        + y [2J'],
    ],
  ])('shows %s', (_case, one, lines) => {
    expect(shown(one)).toEqual(lines);
  });

  it('names what cannot be built, and what has to be known', () => {
    const remark = { clusters: ['prod'], kustomization: apps, message: 'no such file\nsecond line' };
    const totals = { objects: 0, clusters: 0, actions: {}, unchanged: 4, omitted: 0 };
    const lines = planLines(plan({ failures: [remark], notes: [remark], totals }), noPaint);
    expect(lines).toEqual([
      '✗ Kustomization flux-system/apps on prod cannot be built or applied:',
      '    no such file',
      '    second line',
      '',
      'Note: Kustomization flux-system/apps on prod: no such file second line',
      '',
      'No changes; 4 objects unchanged',
    ]);
  });

  it('says how much is not shown', () => {
    const totals = { objects: 12, clusters: 3, actions: { ...actions, Create: 2 }, unchanged: 5, omitted: 9 };
    expect(totalText(plan({ totals }))).toBe(
      'Plan: 2 to create, 1 to configure; 12 objects on 3 clusters, 5 unchanged; 9 changes are not shown',
    );
  });
});

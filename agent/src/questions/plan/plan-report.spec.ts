import { describe, expect, it } from 'vitest';
import {
  PlannedChange_Action as Action,
  type PlannedChange,
  type PlanPart,
} from '@flotilla/proto/flotilla/v1/question';
import { PlanReport, type ReportLimits } from './plan-report.js';

const apps = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  namespace: 'flux-system',
  name: 'apps',
};

function changes(count: number, value = 'x'): PlannedChange[] {
  return Array.from({ length: count }, (_, index) => ({
    action: Action.ACTION_CREATE,
    object: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'apps', name: `m${index}` },
    fields: [{ path: '/data/a', before: '', after: JSON.stringify(value) }],
    omittedFields: 0,
  }));
}

function told(limits: ReportLimits, list: readonly PlannedChange[]): PlanPart[] {
  const parts: PlanPart[] = [];
  const report = new PlanReport('abc', (part) => parts.push(part), limits);
  report.add({ ref: apps, failure: '', note: 'n', changes: list, unchanged: 7 });
  return parts;
}

const wide: ReportLimits = { partChanges: 100, partBytes: 100_000, totalBytes: 1_000_000 };

describe('the report of a plan', () => {
  it('begins with the commit, before anything was built', () => {
    expect(told(wide, [])[0]).toEqual({ commit: 'abc', kustomizations: [] });
  });

  it('tells a Kustomization without changes, too', () => {
    expect(told(wide, [])[1]?.kustomizations).toEqual([
      { kustomization: apps, failure: '', note: 'n', changes: [], unchanged: 7, omitted: 0 },
    ]);
  });

  it.each<[string, ReportLimits, number[]]>([
    ['changes', { ...wide, partChanges: 2 }, [2, 2, 1]],
    ['bytes', { ...wide, partBytes: 1 }, [1, 1, 1, 1, 1]],
  ])('is cut into parts by %s, and counts what is unchanged once', (_case, limits, sizes) => {
    const pieces = told(limits, changes(5))
      .slice(1)
      .flatMap(({ kustomizations }) => kustomizations);
    expect(pieces.map((piece) => piece.changes.length)).toEqual(sizes);
    expect(pieces.map(({ unchanged }) => unchanged)).toEqual([7, ...sizes.slice(1).map(() => 0)]);
  });

  it('ends at its limit, and says how much is missing', () => {
    const [, piece] = told({ ...wide, totalBytes: 10_000 }, changes(5, 'y'.repeat(4_000)));
    expect(piece?.kustomizations[0]).toMatchObject({ omitted: 3 });
    expect(piece?.kustomizations[0]?.changes).toHaveLength(2);
  });
});

import { describe, expect, it } from 'vitest';
import { reportOf } from './report.js';

const change = (key: string | null, deleted = false) =>
  reportOf({ topic: 'object', clusterId: 'c1', key, deleted });

describe('a report', () => {
  it('of a source is about that source', () => {
    const source = { kind: 'GitRepository', namespace: 'flux-system', name: 'apps' };
    const report = { about: 'source', clusterId: 'c1', source };
    expect(change('source.toolkit.fluxcd.io/v1|GitRepository|flux-system|apps')).toEqual(report);
    expect(change('source.toolkit.fluxcd.io/v1|GitRepository|flux-system|apps', true)).toEqual(report);
  });

  it('of a Kustomization is about what it is built from', () =>
    expect(change('kustomize.toolkit.fluxcd.io/v1|Kustomization|apps|web')).toEqual({
      about: 'built',
      clusterId: 'c1',
      namespace: 'apps',
      name: 'web',
    }));

  it.each<[string, string | null, boolean]>([
    ['of a Kustomization that is gone', 'kustomize.toolkit.fluxcd.io/v1|Kustomization|apps|web', true],
    ['of a crowd', null, false],
    ['that cannot be read', 'v1|x', false],
  ])('%s is about the whole cluster', (_case, key, deleted) =>
    expect(change(key, deleted)).toEqual({ about: 'cluster', clusterId: 'c1' }),
  );
});

import { describe, expect, it } from 'vitest';
import type { SourceFacts } from './observe-cluster.js';
import { observeCluster } from './observe-cluster.js';
import { newCluster } from './plan.js';

const cluster = {
  id: 'a',
  name: 'a',
  domain: null,
  member: true,
  gone: false,
  heardAt: 1,
  live: true,
  frozen: null,
};
const good: SourceFacts = {
  source: 'GitRepository flux-system/apps',
  revision: 'main@sha1:b',
  suspended: false,
  sourceMessage: '',
  gateState: '',
  gateMode: '',
  gateMessage: '',
  gateIsWanted: false,
  gateFailure: '',
  there: true,
  total: 2,
  healthy: 2,
  suspendedObjects: 0,
  trying: true,
  failed: null,
  failure: '',
  waiting: null,
  healthySince: 100,
  healthyRun: 'r1',
  lastGood: 'main@sha1:a',
};
const away = { revision: 'main@sha1:a', there: false, trying: false };

function observe(...changes: readonly Partial<SourceFacts>[]) {
  const facts = changes.map((change) => ({ ...good, ...change }));
  return observeCluster(
    cluster,
    facts,
    facts.map(() => 'main@sha1:b'),
    undefined,
    false,
  );
}

describe('what is known of a cluster', () => {
  it.each<[string, Partial<SourceFacts>, string, string]>([
    ['all of it is there', {}, 'at-target', ''],
    [
      'nothing is built from the source',
      { total: 0, healthy: 0 },
      'at-target',
      'nothing is built from GitRepository flux-system/apps',
    ],
    [
      'a suspended object is left out',
      { suspendedObjects: 1 },
      'at-target',
      '1 suspended object of GitRepository flux-system/apps left out',
    ],
    [
      'an object is not there yet',
      { healthy: 1, waiting: 'Kustomization x: building' },
      'moving',
      'Kustomization x: building',
    ],
    [
      'an object has failed',
      { failed: 'Kustomization x: boom', failure: 'f' },
      'failed',
      'Kustomization x: boom',
    ],
    [
      'the pin is refused',
      { ...away, gateState: 'Refused', gateIsWanted: true, gateMessage: 'not on the branch' },
      'refused',
      'GitRepository flux-system/apps: not on the branch',
    ],
    [
      'another pin was refused before',
      { ...away, gateState: 'Refused', gateMessage: 'not on the branch' },
      'elsewhere',
      'GitRepository flux-system/apps is at main@sha1:a',
    ],
    [
      'the source ignores pins',
      { ...away, gateMode: 'none' },
      'elsewhere',
      'GitRepository flux-system/apps ignores pins (gate: none), it is at main@sha1:a',
    ],
    [
      'the source is suspended',
      { ...away, suspended: true },
      'elsewhere',
      'GitRepository flux-system/apps is suspended at main@sha1:a',
    ],
    [
      'the source is unknown',
      { ...away, revision: null },
      'elsewhere',
      'GitRepository flux-system/apps is not reported by the cluster',
    ],
    [
      'the source cannot be fetched',
      { ...away, sourceMessage: 'no route' },
      'elsewhere',
      'GitRepository flux-system/apps is at main@sha1:a: no route',
    ],
    [
      'the source is on its way',
      { ...away, trying: true, waiting: 'Kustomization x: old' },
      'moving',
      'Kustomization x: old',
    ],
  ])('%s', (_sentence, change, phase, message) => {
    expect(observe(change)).toMatchObject({ phase, message });
  });

  it('is there only with all of its sources, since the last one arrived', () => {
    expect(observe({}, away)).toMatchObject({ phase: 'elsewhere', healthySince: null, healthyRun: '' });
    expect(observe({}, { healthySince: 300, healthyRun: 'r2' })).toMatchObject({
      phase: 'at-target',
      healthySince: 300,
      healthyRun: 'r1 r2',
    });
  });

  it('fails with one of its sources, whatever the others do', () => {
    expect(observe(away, { failed: 'x', failure: 'f' })).toMatchObject({ phase: 'failed', failure: 'f' });
  });

  it('goes back with those sources that have something to go back to', () => {
    const facts = [good, { ...good, ...away }];
    expect(observeCluster(cluster, facts, ['main@sha1:b', null], undefined, false).phase).toBe('at-target');
  });

  it('is frozen when its agent says so, until it is there', () => {
    expect(observe({ ...away, gateState: 'Frozen', gateMessage: 'until noon' }).frozen).toEqual({
      message: 'until noon',
    });
    expect(observe({ gateState: 'Frozen' }).frozen).toBeNull();
  });

  it.each([
    ['main@sha1:c', true],
    ['main@sha1:a', false],
  ])('that follows its ref, is at %s: has moved on: %s', (revision, movedOn) => {
    const progress = { ...newCluster('a', 'a', null, 0), previous: ['main@sha1:a'] };
    const facts = [{ ...good, ...away, revision }];
    expect(observeCluster(cluster, facts, ['main@sha1:b'], progress, true).movedOn).toBe(movedOn);
  });
});

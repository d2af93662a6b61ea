import type { KubeObject } from '@flotilla/common/kube/object';
import { describe, expect, it } from 'vitest';
import type { ChangeSetEntry } from '../changeset.js';
import { seenObjects } from './seen-object.js';

function applied(live: KubeObject): ChangeSetEntry {
  const { apiVersion, kind, metadata } = live;
  return { ref: { apiVersion, kind, namespace: 'apps', name: metadata.name }, action: 'created', live };
}

function object(apiVersion: string, kind: string, spec: object): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: { namespace: 'apps', name: 'o', uid: 'u', resourceVersion: '7' },
    spec,
  };
}

describe('what an apply has seen', () => {
  it.each([
    ['a Job that cleans up after itself', object('batch/v1', 'Job', { ttlSecondsAfterFinished: 0 }), true],
    ['a Job that stays', object('batch/v1', 'Job', {}), undefined],
    [
      'another kind with such a field',
      object('example.com/v1', 'Job', { ttlSecondsAfterFinished: 0 }),
      undefined,
    ],
  ])('%s', (_, live, endsByItself) => {
    const [seen] = seenObjects([applied(live)]);
    expect(seen).toMatchObject({ key: 'apps/o', version: { uid: 'u', resourceVersion: '7' }, written: true });
    expect(seen?.endsByItself).toBe(endsByItself);
  });

  it('something that was left alone, where somebody has read it', () => {
    const [entry] = [applied(object('v1', 'ConfigMap', {}))];
    expect(seenObjects([{ ...entry, action: 'skipped', desired: 'd' }])).toEqual([
      expect.objectContaining({ key: 'apps/o', desired: 'd', skipped: true, written: false }),
    ]);
  });

  it('leaves out what was skipped or deleted', () => {
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'apps', name: 'c' };
    expect(
      seenObjects([
        { ref, action: 'skipped' },
        { ref, action: 'deleted' },
      ]),
    ).toEqual([]);
  });
});

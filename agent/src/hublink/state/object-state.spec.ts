import { describe, expect, it } from 'vitest';
import type { KubeObject } from '@flotilla/common/kube/object';
import { SourceGate_State } from '@flotilla/proto/flotilla/v1/state';
import { objectState } from './object-state.js';

const kustomization: KubeObject = {
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { namespace: 'flux-system', name: 'apps', uid: 'u-1', generation: 3 },
  spec: { suspend: true, path: './apps', sourceRef: { kind: 'GitRepository', name: 'fleet' } },
  status: {
    observedGeneration: 2,
    lastAppliedRevision: 'main@sha1:aaa',
    lastAttemptedRevision: 'main@sha1:bbb',
    lastHandledReconcileAt: 'now',
    inventory: {
      entries: [
        { id: 'b', v: 'v1' },
        { id: 'a', v: 'v1' },
      ],
    },
    conditions: [condition('Ready', '2026-01-01T00:00:00Z'), condition('Healthy', '2026-01-02T00:00:00Z')],
  },
};

function condition(type: string, lastTransitionTime: string) {
  return {
    type,
    status: 'True',
    reason: 'Succeeded',
    message: 'ok',
    observedGeneration: 3,
    lastTransitionTime,
  };
}

function gitRepository(spec: unknown): KubeObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { namespace: 'flux-system', name: 'fleet' },
    spec,
  };
}

describe('what the hub is told of an object', () => {
  it('has the revisions, the source and the inventory of a Kustomization', () => {
    expect(objectState(kustomization)).toMatchObject({
      ref: { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' },
      uid: 'u-1',
      generation: 3n,
      observedGeneration: 2n,
      suspended: true,
      revision: 'main@sha1:aaa',
      attemptedRevision: 'main@sha1:bbb',
      source: { kind: 'GitRepository', namespace: 'flux-system', name: 'fleet' },
      inventory: { entries: 2 },
      lastHandledReconcileAt: 'now',
    });
  });

  it('dates from the newest transition of its conditions', () => {
    expect(objectState(kustomization).changedAt).toEqual(new Date('2026-01-02T00:00:00Z'));
  });

  it('does not depend on the order of the inventory', () => {
    const other = structuredClone(kustomization);
    (other.status as { inventory: { entries: unknown[] } }).inventory.entries.reverse();
    expect(objectState(other)).toEqual(objectState(kustomization));
  });

  it('says that a new object was never reconciled', () => {
    expect(objectState(gitRepository({ url: 'https://example.com/x.git' }))).toMatchObject({
      observedGeneration: -1n,
      revision: '',
      conditions: [],
      changedAt: undefined,
      inventory: undefined,
    });
  });

  it('has the gate of a source and the author of its artifact, where there are any', () => {
    const source = gitRepository({ url: 'https://example.com/x.git' });
    expect(objectState(source)).toMatchObject({ gate: undefined, revisionAuthor: '' });
    const status = {
      artifact: {
        revision: 'main@sha1:1',
        metadata: { 'fleet.flotilla.dev/author': 'Ada <ada@example.com>' },
      },
      gate: {
        state: 'Frozen',
        mode: 'preferred',
        message: 'frozen until it is lifted',
        newestRevision: 'main@sha1:2',
        pinId: 'p-1',
        pinnedRevision: 'main@sha1:2',
      },
    };
    expect(objectState({ ...source, status })).toMatchObject({
      revision: 'main@sha1:1',
      revisionAuthor: 'Ada <ada@example.com>',
      gate: {
        state: SourceGate_State.STATE_FROZEN,
        mode: 'preferred',
        message: 'frozen until it is lifted',
        newestRevision: 'main@sha1:2',
        pinId: 'p-1',
        pinnedRevision: 'main@sha1:2',
      },
    });
  });

  it.each([
    ['https://user:secret@example.com/x.git', 'https://example.com/x.git'],
    ['https://user:p@ss@example.com/x.git', 'https://example.com/x.git'],
    ['https://token@example.com/x.git', 'https://example.com/x.git'],
    ['ssh://git@example.com/x.git', 'ssh://example.com/x.git'],
    ['https://example.com/a@b.git', 'https://example.com/a@b.git'],
  ])('never holds the credentials of an address: %s', (url, expected) => {
    expect(objectState(gitRepository({ url })).sourceUrl).toBe(expected);
  });

  it.each([
    [undefined, 'branch master'],
    [{ branch: 'main' }, 'branch main'],
    [{ branch: 'main', semver: '>=1.0.0' }, 'semver >=1.0.0'],
    [{ semver: '>=1.0.0', tag: 'v1' }, 'tag v1'],
    [{ tag: 'v1', name: 'refs/pull/1/head' }, 'refs/pull/1/head'],
    [{ name: 'refs/pull/1/head', commit: 'abc' }, 'commit abc'],
  ])('names the followed ref of %j in the order of flux-compat 2.3', (ref, expected) => {
    expect(objectState(gitRepository({ url: 'https://example.com/x.git', ref })).sourceRef).toBe(expected);
  });
});

import type { KubeObject } from '@flotilla/common/kube/object';
import { describe, expect, it } from 'vitest';
import { SourceStatus, type SourceStatusFields } from './source-status.js';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);

function statusOf(fields: SourceStatusFields = {}, generation = 2): SourceStatus {
  const object: KubeObject = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'a', namespace: 'b', generation },
    status: fields,
  };
  return new SourceStatus(object, () => now, 'IncludeUnavailable');
}

const ready = (status: 'True' | 'False' | 'Unknown', message = 'before') => ({
  type: 'Ready',
  status,
  reason: 'Before',
  message,
  observedGeneration: 1,
  lastTransitionTime: '2025-01-01T00:00:00Z',
});

describe('the status of a source while it reconciles (flux-compat 2.2)', () => {
  it.each([
    ['is Unknown when it was absent', [], false, 'Unknown'],
    ['is Unknown when it was Unknown', [ready('Unknown')], false, 'Unknown'],
    ['stays True', [ready('True')], false, 'True'],
    ['stays False', [ready('False')], false, 'False'],
    ['is Unknown when a new artifact is being built', [ready('True')], true, 'Unknown'],
  ])('Ready %s', (_, conditions, newArtifact, expected) => {
    const status = statusOf({ conditions });
    status.progress('at work', { newArtifact });

    expect(status.get('Ready')?.status).toBe(expected);
    expect(status.get('Ready')?.message).toBe(expected === 'Unknown' ? 'at work' : 'before');
    expect(status.get('Reconciling')).toMatchObject({
      status: 'True',
      reason: 'Progressing',
      observedGeneration: 2,
    });
  });

  it('leaves no trace of a round that changed nothing', () => {
    const status = statusOf({
      observedGeneration: 2,
      conditions: [{ ...ready('True'), observedGeneration: 2 }],
    });
    const before = structuredClone(status.fields);
    status.progress('reconciliation in progress');
    status.delete('Reconciling', 'Stalled');
    status.observe();

    expect(status.fields).toEqual(before);
  });

  it('is never stalled and reconciling at once', () => {
    const status = statusOf();
    status.progress('at work');
    status.stall('URLInvalid', 'no');
    expect(status.conditions.map(({ type }) => type)).toEqual(['Stalled', 'Ready']);
    status.progress('again');
    expect(status.conditions.map(({ type }) => type)).toEqual(['Reconciling', 'Ready']);
  });

  it('does not change the object that the cache holds', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'X',
      metadata: { name: 'a' },
      status: { conditions: [ready('True')] },
    };
    const before = structuredClone(object);
    const status = new SourceStatus(object, () => now);
    status.progress('at work', { newArtifact: true });
    status.update({ observedGeneration: 3 });

    expect(object).toEqual(before);
  });
});

import type { Condition, ConditionStatus } from '@flotilla/common/kube/condition';
import { describe, expect, it } from 'vitest';
import type { ObservedState } from './axes.js';
import { axesOf, headline, syncWithSource } from './axes.js';

function condition(type: string, status: ConditionStatus, reason: string, observedGeneration = 2): Condition {
  return {
    type,
    status,
    reason,
    message: `${type} says so`,
    observedGeneration,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
}

const ready = condition('Ready', 'True', 'ReconciliationSucceeded');
const failed = condition('Ready', 'False', 'BuildFailed');
const retrying = condition('Reconciling', 'True', 'ProgressingWithRetry');
const working = condition('Reconciling', 'True', 'Progressing');
const stalled = condition('Stalled', 'True', 'InvalidPath');

const applied: ObservedState = {
  kind: 'Kustomization',
  generation: 2,
  observedGeneration: 2,
  suspended: false,
  conditions: [ready],
  revision: 'main@sha1:aaaaaaa',
  attemptedRevision: 'main@sha1:aaaaaaa',
  gate: null,
};

type OptionalStatus = ConditionStatus | null;

function combinations(): readonly (readonly [OptionalStatus, OptionalStatus, OptionalStatus, number])[] {
  const statuses: readonly OptionalStatus[] = [null, 'True', 'False', 'Unknown'];
  return statuses.flatMap((ready) =>
    statuses.flatMap((reconciling) =>
      statuses.flatMap((stalled) =>
        [2, 3].map((generation) => [ready, reconciling, stalled, generation] as const),
      ),
    ),
  );
}

type Row = readonly [sentence: string, change: Partial<ObservedState>, sync: string, health: string];

const rows: readonly Row[] = [
  ['Ready is synced and healthy (3.2 step 16)', {}, 'Synced', 'Healthy'],
  ['no condition at all is unknown, never green (1.1)', { conditions: [] }, 'Unknown', 'Unknown'],
  [
    'no condition on a new object is unknown',
    { conditions: [], observedGeneration: -1 },
    'Unknown',
    'Unknown',
  ],
  ['Reconciling alone is unknown', { conditions: [working] }, 'Unknown', 'Unknown'],
  ['Stalled without Ready has failed', { conditions: [stalled] }, 'Failed', 'Unhealthy'],
  ['a spec that nobody has observed is progressing', { generation: 3 }, 'Progressing', 'Progressing'],
  [
    'a new spec after a stall is progressing',
    { generation: 3, conditions: [failed, stalled] },
    'Progressing',
    'Progressing',
  ],
  [
    'a failed attempt at a new spec has failed, although status.observedGeneration stays behind (3.2)',
    { observedGeneration: 1, conditions: [failed, retrying] },
    'Failed',
    'Unhealthy',
  ],
  [
    'a first attempt that failed has failed',
    { observedGeneration: -1, conditions: [failed, retrying] },
    'Failed',
    'Unhealthy',
  ],
  [
    'Ready True of an older generation is not green',
    { observedGeneration: 1, conditions: [condition('Ready', 'True', 'ReconciliationSucceeded', 1)] },
    'Progressing',
    'Progressing',
  ],
  [
    'Ready False that will be retried has failed (1.1)',
    { conditions: [failed, retrying] },
    'Failed',
    'Unhealthy',
  ],
  ['Ready False without more has failed', { conditions: [failed] }, 'Failed', 'Unhealthy'],
  ['Ready False and Stalled has failed', { conditions: [failed, stalled] }, 'Failed', 'Unhealthy'],
  ['Stalled beats Ready True', { conditions: [ready, stalled] }, 'Failed', 'Unhealthy'],
  ['Stalled beats Reconciling', { conditions: [failed, stalled, working] }, 'Failed', 'Unhealthy'],
  [
    'Ready False while a new attempt runs is progressing (2.2)',
    { conditions: [failed, working] },
    'Progressing',
    'Progressing',
  ],
  [
    'Ready Unknown while an attempt runs is progressing (3.2 step 7)',
    { conditions: [condition('Ready', 'Unknown', 'Progressing'), working] },
    'Progressing',
    'Progressing',
  ],
  [
    'Ready Unknown with reason Progressing is progressing',
    { conditions: [condition('Ready', 'Unknown', 'Progressing')] },
    'Progressing',
    'Progressing',
  ],
  [
    'Ready Unknown for any other reason is unknown',
    { conditions: [condition('Ready', 'Unknown', 'Strange')] },
    'Unknown',
    'Unknown',
  ],
  [
    'a source that keeps Ready while it builds an artifact is on its way, and works (2.2)',
    { kind: 'GitRepository', conditions: [ready, working] },
    'Progressing',
    'Progressing',
  ],
  [
    'waiting for a dependency is progressing (3.2 step 6)',
    { conditions: [condition('Ready', 'False', 'DependencyNotReady')] },
    'Progressing',
    'Progressing',
  ],
  [
    'waiting for a dependency with a retry is progressing',
    { conditions: [condition('Ready', 'False', 'DependencyNotReady'), retrying] },
    'Progressing',
    'Progressing',
  ],
  [
    'a health check that a newer revision cancelled is progressing (3.8)',
    { conditions: [condition('Ready', 'False', 'HealthCheckCanceled')] },
    'Progressing',
    'Progressing',
  ],
  [
    'a failed health check has failed and is unhealthy (3.8)',
    {
      conditions: [
        condition('Ready', 'False', 'HealthCheckFailed'),
        condition('Healthy', 'False', 'HealthCheckFailed'),
      ],
      attemptedRevision: 'main@sha1:bbbbbbb',
    },
    'Failed',
    'Unhealthy',
  ],
  [
    'Healthy False stays unhealthy while the next attempt runs',
    {
      conditions: [
        condition('Ready', 'Unknown', 'Progressing'),
        working,
        condition('Healthy', 'False', 'HealthCheckFailed'),
      ],
    },
    'Progressing',
    'Unhealthy',
  ],
  [
    'Healthy Unknown is progressing',
    { conditions: [ready, condition('Healthy', 'Unknown', 'Progressing')] },
    'Synced',
    'Progressing',
  ],
  [
    'Healthy True changes nothing',
    { conditions: [ready, condition('Healthy', 'True', 'Succeeded')] },
    'Synced',
    'Healthy',
  ],
  [
    'an attempt at another revision is out of sync',
    { attemptedRevision: 'main@sha1:bbbbbbb' },
    'OutOfSync',
    'Healthy',
  ],
  [
    'a Kustomization that is Ready without a revision is unknown',
    { revision: '', attemptedRevision: '' },
    'Unknown',
    'Healthy',
  ],
  [
    'a kind without revisions is synced when it is Ready',
    { kind: 'Alert', revision: '', attemptedRevision: '' },
    'Synced',
    'Healthy',
  ],
  ['a suspended object keeps what its last run said', { suspended: true }, 'Synced', 'Suspended'],
  [
    'suspending makes a generation that nobody observes (1.2)',
    { suspended: true, generation: 3 },
    'Synced',
    'Suspended',
  ],
  [
    'a suspended object that had failed has failed',
    { suspended: true, generation: 3, conditions: [failed, retrying] },
    'Failed',
    'Suspended',
  ],
  [
    'a suspended object without conditions is unknown',
    { suspended: true, conditions: [], observedGeneration: -1 },
    'Unknown',
    'Suspended',
  ],
  [
    'nothing works on a suspended object: Reconciling is a leftover',
    { suspended: true, conditions: [ready, working] },
    'Synced',
    'Suspended',
  ],
];

describe('the axes of an object', () => {
  it.each(rows)('%s', (_sentence, change, sync, health) => {
    const intent = change.suspended === true ? 'Suspended' : 'Following';
    expect(axesOf({ ...applied, ...change })).toEqual({ sync, health, intent });
  });

  it.each(combinations())(
    'are green only for an observed Ready True: %j',
    (...[ready, reconciling, stalled, generation]) => {
      const statuses = { Ready: ready, Reconciling: reconciling, Stalled: stalled };
      const conditions = Object.entries(statuses).flatMap(([type, status]) =>
        status === null ? [] : [condition(type, status, 'Any')],
      );
      const axes = axesOf({ ...applied, generation, conditions });
      if (ready === 'True' && generation === 2 && stalled !== 'True')
        return expect(axes.health).toBe(reconciling === 'True' ? 'Progressing' : 'Healthy');
      expect([axes.sync, axes.health]).not.toContain('Synced');
      expect([axes.sync, axes.health]).not.toContain('Healthy');
    },
  );
});

describe('sync against the source', () => {
  it.each([
    ['the same revision is in sync', 'Synced', 'a', 'a', 'Synced'],
    ['a source that has moved on leaves the object out of sync', 'Synced', 'a', 'b', 'OutOfSync'],
    ['a source that is not known changes nothing', 'Synced', 'a', null, 'Synced'],
    ['a source without an artifact changes nothing', 'Synced', 'a', '', 'Synced'],
    ['an object without a revision changes nothing', 'Synced', '', 'b', 'Synced'],
    ['a failure stays a failure', 'Failed', 'a', 'b', 'Failed'],
    ['progress stays progress', 'Progressing', 'a', 'b', 'Progressing'],
    ['unknown stays unknown', 'Unknown', 'a', 'b', 'Unknown'],
  ] as const)('%s', (_sentence, sync, revision, sourceRevision, expected) => {
    expect(syncWithSource(sync, revision, sourceRevision)).toBe(expected);
  });
});

describe('the headline of an object', () => {
  it('is its Ready condition', () => {
    expect(headline([stalled, failed])).toEqual({ reason: 'BuildFailed', message: 'Ready says so' });
  });
  it('is what stalled it when there is no Ready', () => {
    expect(headline([stalled])).toEqual({ reason: 'InvalidPath', message: 'Stalled says so' });
  });
  it('is empty when nothing has been said', () => {
    expect(headline([])).toEqual({ reason: '', message: '' });
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeStatus } from './compute-status.js';
import { computeStatusWithPods, dependsOnPods } from './failed-pods.js';
import type { KStatus } from './status.js';
import { check, now, object } from './status-rows.fixture.js';
import { vanishedStatus } from './vanished.js';

describe('every kind (flux-compat 3.8)', () => {
  it('that does not exist is NotFound', () => {
    expect(computeStatus(undefined, now)).toEqual({ status: 'NotFound', message: 'Resource not found' });
  });

  const reconciling = "{type: Reconciling, status: 'True', reason: P, message: working}";
  const stalled = "{type: Stalled, status: 'True', reason: S, message: stuck}";
  const deleted = "metadata: {deletionTimestamp: '2026-01-01T00:00:00Z', generation: 2}";
  check([
    [
      'deletion comes first',
      'a.b/v1/X',
      `${deleted}\nstatus: {observedGeneration: 1}`,
      'Terminating',
      'Resource scheduled for deletion',
    ],
    [
      'an old generation is in progress',
      'a.b/v1/X',
      `metadata: {generation: 2}\nstatus: {observedGeneration: 1, conditions: [${stalled}]}`,
      'InProgress',
      'X generation is 2, but latest observed generation is 1',
    ],
    [
      'observedGeneration -1 is in progress',
      'a.b/v1/X',
      'metadata: {generation: 1}\nstatus: {observedGeneration: -1}',
      'InProgress',
      'X generation is 1, but latest observed generation is -1',
    ],
    [
      'no observedGeneration is no matter',
      'a.b/v1/X',
      'metadata: {generation: 2}',
      'Current',
      'Resource is current',
    ],
    [
      'Reconciling is in progress',
      'a.b/v1/X',
      `status: {conditions: [${reconciling}]}`,
      'InProgress',
      'working',
    ],
    ['Stalled is failed', 'a.b/v1/X', `status: {conditions: [${stalled}]}`, 'Failed', 'stuck'],
    [
      'Reconciling is asked before Stalled',
      'a.b/v1/X',
      `status: {conditions: [${stalled}, ${reconciling}]}`,
      'InProgress',
      'working',
    ],
    [
      'Reconciling False is no matter',
      'a.b/v1/X',
      "status: {conditions: [{type: Reconciling, status: 'False'}]}",
      'Current',
      'Resource is current',
    ],
    [
      'they hold for built-in kinds too',
      'v1/ConfigMap',
      `status: {conditions: [${stalled}]}`,
      'Failed',
      'stuck',
    ],
    [
      'Ready True is current',
      'a.b/v1/X',
      "status: {conditions: [{type: Ready, status: 'True', message: m}]}",
      'Current',
      'Resource is Ready',
    ],
    [
      'Ready False is in progress',
      'a.b/v1/X',
      "status: {conditions: [{type: Ready, status: 'False', message: m}]}",
      'InProgress',
      'm',
    ],
    [
      'Ready Unknown is in progress',
      'a.b/v1/X',
      'status: {conditions: [{type: Ready, status: Unknown, message: m}]}',
      'InProgress',
      'm',
    ],
    ['no condition is current', 'a.b/v1/X', '', 'Current', 'Resource is current'],
    ['the kind of another group has no rule', 'a.b/v1/Deployment', '', 'Current', 'Resource is current'],
  ]);
});

describe('failed Pods (flux-compat 3.8)', () => {
  const crashing = {
    ...object(
      'v1/Pod',
      'status: {phase: Running, containerStatuses: [{name: a, state: {waiting: {reason: CrashLoopBackOff}}}]}',
    ),
    metadata: { name: 'web-0' },
  };
  const fine = object('v1/Pod', 'status: {phase: Running}');

  it.each(['apps/v1/StatefulSet', 'apps/v1/ReplicaSet'])('fail a waiting %s early', (type) => {
    expect(computeStatusWithPods(object(type), [fine, crashing], now)).toEqual({
      status: 'Failed',
      message: 'Failed pods: web-0',
    });
    expect(computeStatusWithPods(object(type), [fine], now).status).toBe('InProgress');
  });

  it('do not matter to a Deployment, nor to what is current', () => {
    expect(dependsOnPods(object('apps/v1/Deployment'))).toBe(false);
    expect(computeStatusWithPods(object('apps/v1/Deployment'), [crashing], now).status).toBe('InProgress');
    const onDelete = object('apps/v1/StatefulSet', 'spec: {updateStrategy: {type: OnDelete}}');
    expect(computeStatusWithPods(onDelete, [crashing], now).status).toBe('Current');
  });
});

describe('an applied object that is not there (flux-compat 3.8)', () => {
  it.each<[string, string, KStatus]>([
    ['v1/ConfigMap', '', 'InProgress'],
    ['batch/v1/Job', '', 'InProgress'],
    ['batch/v1/Job', 'spec: {ttlSecondsAfterFinished: 0}', 'Current'],
    ['a.b/v1/Job', 'spec: {ttlSecondsAfterFinished: 0}', 'InProgress'],
  ])('%s %s', (type, fields, status) => expect(vanishedStatus(object(type, fields)).status).toBe(status));
});

it('never throws, whatever the object looks like', () => {
  const type = fc.constantFrom(
    'apps/v1/Deployment',
    'apps/v1/StatefulSet',
    'apps/v1/DaemonSet',
    'apps/v1/ReplicaSet',
    'v1/Pod',
    'batch/v1/Job',
    'v1/Service',
    'v1/PersistentVolumeClaim',
    'apiextensions.k8s.io/v1/CustomResourceDefinition',
    'a.b/v1/X',
  );
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.record({
      conditions: fc.jsonValue(),
      containerStatuses: fc.jsonValue(),
      replicas: fc.jsonValue(),
      phase: fc.constantFrom('Running', 'Pending', 3),
    }),
  );
  fc.assert(
    fc.property(type, odd, odd, (name, spec, status) => {
      const result = computeStatus({ ...object(name), spec, status }, now);
      expect(typeof result.message).toBe('string');
    }),
    { numRuns: 1000 },
  );
});

import { describe } from 'vitest';
import { check } from './status-rows.fixture.js';

describe('Pod (flux-compat 3.8)', () => {
  const p = 'v1/Pod';
  const crash =
    'containerStatuses: [{name: a, state: {waiting: {reason: CrashLoopBackOff}}}, {name: b, state: {running: {}}}, {name: c, state: {waiting: {reason: CrashLoopBackOff}}}]';
  const unfit = "conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable}]";
  check([
    ['not seen', p, '', 'InProgress', 'Pod phase not available'],
    ['succeeded', p, 'status: {phase: Succeeded}', 'Current', 'Pod has completed successfully'],
    [
      'failed is finished',
      p,
      'status: {phase: Failed}',
      'Current',
      'Pod has completed, but not successfully',
    ],
    [
      'ready',
      p,
      "status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}",
      'Current',
      'Pod is Ready',
    ],
    ['running', p, 'status: {phase: Running}', 'InProgress', 'Pod is running but is not Ready'],
    ['crashing', p, `status: {phase: Running, ${crash}}`, 'Failed', 'Containers in CrashLoop state: a,c'],
    ['pending', p, 'status: {phase: Pending}', 'InProgress', 'Pod is in the Pending phase'],
    [
      'unschedulable for 14 s',
      p,
      `metadata: {creationTimestamp: '2026-01-01T00:00:46Z'}\nstatus: {phase: Pending, ${unfit}}`,
      'InProgress',
      'Pod has not been scheduled',
    ],
    [
      'unschedulable for 15 s',
      p,
      `metadata: {creationTimestamp: '2026-01-01T00:00:45Z'}\nstatus: {phase: Pending, ${unfit}}`,
      'Failed',
      'Pod could not be scheduled',
    ],
    ['a phase from the future', p, 'status: {phase: Dreaming}', 'Unknown', 'unknown phase Dreaming'],
  ]);
});

describe('Job (flux-compat 3.8)', () => {
  const j = 'batch/v1/Job';
  check([
    ['not started', j, '', 'InProgress', 'Job not started'],
    [
      'at work is not enough',
      j,
      "status: {startTime: '2026-01-01T00:00:00Z', active: 1, succeeded: 2, failed: 3}",
      'InProgress',
      'Job in progress. success:2, active: 1, failed: 3',
    ],
    [
      'complete',
      j,
      "spec: {completions: 2}\nstatus: {succeeded: 2, conditions: [{type: Complete, status: 'True'}]}",
      'Current',
      'Job Completed. succeeded: 2/2',
    ],
    [
      'complete, counted by parallelism',
      j,
      "spec: {parallelism: 3}\nstatus: {succeeded: 3, conditions: [{type: Complete, status: 'True'}]}",
      'Current',
      'Job Completed. succeeded: 3/3',
    ],
    [
      'failed',
      j,
      "status: {failed: 6, conditions: [{type: Failed, status: 'True'}]}",
      'Failed',
      'Job Failed. failed: 6/1',
    ],
    ['suspended', j, 'spec: {suspend: true}', 'Current', 'Job is suspended'],
  ]);
});

describe('the other kinds (flux-compat 3.8)', () => {
  const crd = 'apiextensions.k8s.io/v1/CustomResourceDefinition';
  check([
    ['CronJob', 'batch/v1/CronJob', '', 'Current', 'Resource is always ready'],
    ['CronJob of a beta version', 'batch/v1beta1/CronJob', '', 'Current', 'Resource is always ready'],
    ['ConfigMap', 'v1/ConfigMap', '', 'Current', 'Resource is always ready'],
    ['Secret', 'v1/Secret', '', 'Current', 'Resource is always ready'],
    [
      'PodDisruptionBudget',
      'policy/v1/PodDisruptionBudget',
      '',
      'Current',
      'AllowedDisruptions has been computed.',
    ],
    ['a bound claim', 'v1/PersistentVolumeClaim', 'status: {phase: Bound}', 'Current', 'PVC is Bound'],
    [
      'a pending claim',
      'v1/PersistentVolumeClaim',
      'status: {phase: Pending}',
      'InProgress',
      'PVC is not Bound. phase: Pending',
    ],
    ['a claim not seen', 'v1/PersistentVolumeClaim', '', 'InProgress', 'PVC is not Bound. phase: unknown'],
    ['a Service', 'v1/Service', '', 'Current', 'Service is ready'],
    ['a headless Service', 'v1/Service', 'spec: {clusterIP: None}', 'Current', 'Service is ready'],
    [
      'a load balancer with an inner address',
      'v1/Service',
      'spec: {type: LoadBalancer, clusterIP: 10.0.0.1}',
      'Current',
      'Service is ready',
    ],
    [
      'a load balancer without',
      'v1/Service',
      'spec: {type: LoadBalancer}',
      'InProgress',
      'ClusterIP not set. Service type: LoadBalancer',
    ],
    ['a CRD not seen', crd, '', 'InProgress', 'Install in progress'],
    [
      'a CRD in installation',
      crd,
      "status: {conditions: [{type: Established, status: 'False', reason: Installing}]}",
      'InProgress',
      'Install in progress',
    ],
    [
      'a CRD that cannot be established',
      crd,
      "status: {conditions: [{type: Established, status: 'False', reason: Other, message: broken}]}",
      'Failed',
      'broken',
    ],
    [
      'an established CRD',
      crd,
      "status: {conditions: [{type: NamesAccepted, status: 'True'}, {type: Established, status: 'True'}]}",
      'Current',
      'CRD is established',
    ],
    [
      'a CRD with refused names',
      crd,
      "status: {conditions: [{type: Established, status: 'True'}, {type: NamesAccepted, status: 'False', message: taken}]}",
      'Failed',
      'taken',
    ],
  ]);
});

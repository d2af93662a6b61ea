import { describe } from 'vitest';
import { check } from './status-rows.fixture.js';

describe('Deployment (flux-compat 3.8)', () => {
  const available = "{type: Available, status: 'True'}";
  const rolledOut = "{type: Progressing, status: 'True', reason: NewReplicaSetAvailable}";
  const all = (n: number) =>
    `replicas: ${n}, updatedReplicas: ${n}, readyReplicas: ${n}, availableReplicas: ${n}`;
  const d = 'apps/v1/Deployment';
  const spec = 'spec: {replicas: 2, progressDeadlineSeconds: 600}';
  check([
    [
      'current',
      d,
      `${spec}\nstatus: {${all(2)}, conditions: [${available}, ${rolledOut}]}`,
      'Current',
      'Deployment is available. Replicas: 2',
    ],
    [
      'one replica by default',
      d,
      `spec: {}\nstatus: {${all(1)}, conditions: [${available}]}`,
      'Current',
      'Deployment is available. Replicas: 1',
    ],
    [
      'no replicas wanted',
      d,
      `spec: {replicas: 0}\nstatus: {conditions: [${available}]}`,
      'Current',
      'Deployment is available. Replicas: 0',
    ],
    ['nothing observed', d, '', 'InProgress', 'Replicas: 0/1'],
    ['too few', d, `${spec}\nstatus: {replicas: 1}`, 'InProgress', 'Replicas: 1/2'],
    ['not updated', d, `${spec}\nstatus: {replicas: 2, updatedReplicas: 1}`, 'InProgress', 'Updated: 1/2'],
    [
      'old ones left',
      d,
      `${spec}\nstatus: {replicas: 3, updatedReplicas: 2}`,
      'InProgress',
      'Pending termination: 1',
    ],
    [
      'not available',
      d,
      `${spec}\nstatus: {replicas: 2, updatedReplicas: 2, availableReplicas: 1}`,
      'InProgress',
      'Available: 1/2',
    ],
    [
      'not ready',
      d,
      `${spec}\nstatus: {replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 1}`,
      'InProgress',
      'Ready: 1/2',
    ],
    [
      'still progressing',
      d,
      `${spec}\nstatus: {${all(2)}, conditions: [${available}]}`,
      'InProgress',
      'ReplicaSet not Available',
    ],
    [
      'another progress reason',
      d,
      `${spec}\nstatus: {${all(2)}, conditions: [${available}, {type: Progressing, status: 'True', reason: ReplicaSetUpdated}]}`,
      'InProgress',
      'ReplicaSet not Available',
    ],
    [
      'no deadline needs no progress',
      d,
      `spec: {replicas: 2, progressDeadlineSeconds: 2147483647}\nstatus: {${all(2)}, conditions: [${available}]}`,
      'Current',
      'Deployment is available. Replicas: 2',
    ],
    [
      'not Available',
      d,
      `${spec}\nstatus: {${all(2)}, conditions: [${rolledOut}]}`,
      'InProgress',
      'Deployment not Available',
    ],
    [
      'deadline exceeded',
      d,
      `${spec}\nstatus: {${all(2)}, conditions: [${available}, {type: Progressing, status: 'False', reason: ProgressDeadlineExceeded}]}`,
      'Failed',
      'Progress deadline exceeded',
    ],
    ['of the old group', 'extensions/v1beta1/Deployment', '', 'InProgress', 'Replicas: 0/1'],
  ]);
});

describe('StatefulSet (flux-compat 3.8)', () => {
  const s = 'apps/v1/StatefulSet';
  const full = 'replicas: 3, readyReplicas: 3, currentReplicas: 3';
  const partition =
    'spec: {replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 1}}}';
  check([
    [
      'OnDelete is always current',
      s,
      'spec: {updateStrategy: {type: OnDelete}}',
      'Current',
      'StatefulSet is using the ondelete update strategy',
    ],
    [
      'current',
      s,
      `spec: {replicas: 3}\nstatus: {${full}, currentRevision: a, updateRevision: a}`,
      'Current',
      'All replicas scheduled as expected. Replicas: 3',
    ],
    ['nothing observed', s, '', 'InProgress', 'Replicas: 0/1'],
    [
      'not ready',
      s,
      'spec: {replicas: 3}\nstatus: {replicas: 3, readyReplicas: 2}',
      'InProgress',
      'Ready: 2/3',
    ],
    [
      'one too many',
      s,
      'spec: {replicas: 2}\nstatus: {replicas: 3, readyReplicas: 2}',
      'InProgress',
      'Pending termination: 1',
    ],
    [
      'old replicas',
      s,
      'spec: {replicas: 3}\nstatus: {replicas: 3, readyReplicas: 3, currentReplicas: 1}',
      'InProgress',
      'current: 1/3',
    ],
    [
      'revisions differ',
      s,
      `spec: {replicas: 3}\nstatus: {${full}, currentRevision: a, updateRevision: b}`,
      'InProgress',
      'Waiting for updated revision to match current',
    ],
    [
      'partition not reached',
      s,
      `${partition}\nstatus: {replicas: 3, readyReplicas: 3, updatedReplicas: 1}`,
      'InProgress',
      'updated: 1/2',
    ],
    [
      'partition reached, revisions may differ',
      s,
      `${partition}\nstatus: {${full}, updatedReplicas: 2, currentRevision: a, updateRevision: b}`,
      'Current',
      'Partition rollout complete. updated: 2',
    ],
  ]);
});

describe('DaemonSet (flux-compat 3.8)', () => {
  const d = 'apps/v1/DaemonSet';
  const seen = 'metadata: {generation: 1}\nstatus: {observedGeneration: 1';
  check([
    [
      'without generation',
      d,
      'status: {observedGeneration: 1}',
      'InProgress',
      'DaemonSet metadata.generation not found',
    ],
    [
      'without observedGeneration',
      d,
      'metadata: {generation: 1}',
      'InProgress',
      'DaemonSet status.observedGeneration not found',
    ],
    ['without a desired number', d, `${seen}}`, 'InProgress', 'Missing .status.desiredNumberScheduled'],
    ['not scheduled', d, `${seen}, desiredNumberScheduled: 4}`, 'InProgress', 'Current: 0/4'],
    [
      'not updated',
      d,
      `${seen}, desiredNumberScheduled: 4, currentNumberScheduled: 4, updatedNumberScheduled: 3}`,
      'InProgress',
      'Updated: 3/4',
    ],
    [
      'not available',
      d,
      `${seen}, desiredNumberScheduled: 1, currentNumberScheduled: 1, updatedNumberScheduled: 1}`,
      'InProgress',
      'Available: 0/1',
    ],
    [
      'not ready',
      d,
      `${seen}, desiredNumberScheduled: 1, currentNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1}`,
      'InProgress',
      'Ready: 0/1',
    ],
    [
      'current',
      d,
      `${seen}, desiredNumberScheduled: 1, currentNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1, numberReady: 1}`,
      'Current',
      'All replicas scheduled as expected. Replicas: 1',
    ],
    [
      'on no node',
      d,
      `${seen}, desiredNumberScheduled: 0}`,
      'Current',
      'All replicas scheduled as expected. Replicas: 0',
    ],
  ]);
});

describe('ReplicaSet (flux-compat 3.8)', () => {
  const r = 'apps/v1/ReplicaSet';
  check([
    ['nothing observed', r, '', 'InProgress', 'Labelled: 0/1'],
    ['not available', r, 'status: {fullyLabeledReplicas: 1}', 'InProgress', 'Available: 0/1'],
    ['not ready', r, 'status: {fullyLabeledReplicas: 1, availableReplicas: 1}', 'InProgress', 'Ready: 0/1'],
    [
      'extra',
      r,
      'status: {fullyLabeledReplicas: 1, availableReplicas: 1, readyReplicas: 1, replicas: 2}',
      'InProgress',
      'Pending termination: 1',
    ],
    [
      'current',
      r,
      'status: {fullyLabeledReplicas: 1, availableReplicas: 1, readyReplicas: 1, replicas: 1}',
      'Current',
      'ReplicaSet is available. Replicas: 1',
    ],
    [
      'failing',
      r,
      "status: {conditions: [{type: ReplicaFailure, status: 'True'}]}",
      'InProgress',
      'Replica Failure condition. Check Pods',
    ],
  ]);
});

import type { Row } from '../rig/row.js';
import type { Fields } from '../rig/scenario-row.js';

/** What the health check says of one object whose status stands in the API. */
export interface KstatusRow extends Row {
  readonly object: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly spec?: Fields;
    readonly data?: Fields;
  };
  readonly status?: Fields;
  /** Default: Current. */
  readonly health?: 'Current' | 'InProgress' | 'Failed';
  /** Leaves status.observedGeneration out; else it is that of the object. */
  readonly unobserved?: boolean;
  /** Written into the object besides: finalizer and deletion. */
  readonly terminating?: boolean;
  /** The name of an object that is not there. */
  readonly missing?: boolean;
}

const template = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'app', image: 'app:1' }] },
};
const selector = { matchLabels: { app: 'x' } };
const condition = (type: string, status: string, reason = 'Any', message = 'a message') => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 2, selector, template } };
const all = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
const done = [condition('Available', 'True'), condition('Progressing', 'True', 'NewReplicaSetAvailable')];

const statefulSet = (spec: Fields = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  spec: { replicas: 2, serviceName: 'x', selector, template, ...spec },
});
const set = {
  replicas: 2,
  readyReplicas: 2,
  currentReplicas: 2,
  updatedReplicas: 2,
  currentRevision: 'a',
  updateRevision: 'a',
};

const daemonSet = { apiVersion: 'apps/v1', kind: 'DaemonSet', spec: { selector, template } };
const daemons = {
  desiredNumberScheduled: 2,
  currentNumberScheduled: 2,
  updatedNumberScheduled: 2,
  numberAvailable: 2,
  numberReady: 2,
  numberMisscheduled: 0,
};

const replicaSet = { apiVersion: 'apps/v1', kind: 'ReplicaSet', spec: { replicas: 2, selector, template } };
const replicas = { replicas: 2, fullyLabeledReplicas: 2, readyReplicas: 2, availableReplicas: 2 };

const pod = { apiVersion: 'v1', kind: 'Pod', spec: template.spec };
const waiting = (reason: string) => [
  { name: 'app', image: 'app:1', imageID: '', ready: false, restartCount: 3, state: { waiting: { reason } } },
];

const job = (spec: Fields = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } }, ...spec },
});

const claim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};
const widget = { apiVersion: 'health.example.com/v1', kind: 'Widget', spec: {} };

type Parts = Omit<KstatusRow, 'section' | 'behaviour'>;
const row = (behaviour: string, parts: Parts): KstatusRow => ({ section: '3.8', behaviour, ...parts });
const without = (status: Fields, field: string, value: unknown): Fields => ({ ...status, [field]: value });

/** The rules of kstatus (flux-compat 3.8). Nothing but these rows writes the status: no controller runs. */
export const kstatusRows: readonly KstatusRow[] = [
  row('any object: not observed in its generation is in progress', {
    object: widget,
    status: { observedGeneration: 99 },
    health: 'InProgress',
  }),
  row('any object: condition Reconciling True is in progress', {
    object: widget,
    status: { conditions: [condition('Reconciling', 'True')] },
    health: 'InProgress',
  }),
  row('any object: condition Stalled True has failed', {
    object: widget,
    status: { conditions: [condition('Stalled', 'True')] },
    health: 'Failed',
  }),
  row('any object: Reconciling counts before Stalled', {
    object: widget,
    status: { conditions: [condition('Stalled', 'True'), condition('Reconciling', 'True')] },
    health: 'InProgress',
  }),
  row('any object: Ready True is current', {
    object: widget,
    status: { conditions: [condition('Ready', 'True')] },
  }),
  row('any object: Ready False is in progress', {
    object: widget,
    status: { conditions: [condition('Ready', 'False')] },
    health: 'InProgress',
  }),
  row('any object: Ready Unknown is in progress', {
    object: widget,
    status: { conditions: [condition('Ready', 'Unknown')] },
    health: 'InProgress',
  }),
  row('any object: without Ready it is current', {
    object: widget,
    status: { conditions: [condition('Other', 'False')] },
  }),
  row('any object: without status it is current', { object: widget, unobserved: true }),
  row('any object: being deleted is waited for', { object: widget, terminating: true, health: 'InProgress' }),
  row('an object that does not exist is waited for', {
    object: { apiVersion: 'v1', kind: 'ConfigMap' },
    missing: true,
    health: 'InProgress',
  }),

  row('Deployment: all replicas, available and complete', {
    object: deployment,
    status: { ...all, conditions: done },
  }),
  ...(
    [
      ['replicas', { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 }],
      ['updatedReplicas', { ...all, updatedReplicas: 1 }],
      ['readyReplicas', { ...all, readyReplicas: 1, availableReplicas: 1 }],
      ['availableReplicas', { ...all, availableReplicas: 1 }],
    ] as const
  ).map(([field, status]) =>
    row(`Deployment: too few ${field}`, {
      object: deployment,
      status: { ...status, conditions: done },
      health: 'InProgress',
    }),
  ),
  row('Deployment: old replicas are still there', {
    object: deployment,
    status: { ...all, replicas: 3, conditions: done },
    health: 'InProgress',
  }),
  row('Deployment: not Available', {
    object: deployment,
    status: { ...all, conditions: [condition('Available', 'False'), done[1]!] },
    health: 'InProgress',
  }),
  row('Deployment: Progressing for another reason', {
    object: deployment,
    status: { ...all, conditions: [done[0]!, condition('Progressing', 'True', 'ReplicaSetUpdated')] },
    health: 'InProgress',
  }),
  row('Deployment: ProgressDeadlineExceeded has failed', {
    object: deployment,
    status: {
      ...all,
      readyReplicas: 1,
      availableReplicas: 1,
      conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded')],
    },
    health: 'Failed',
  }),

  row('StatefulSet: all replicas of one revision', { object: statefulSet(), status: set }),
  row('StatefulSet: too few ready', {
    object: statefulSet(),
    status: { ...set, readyReplicas: 1 },
    health: 'InProgress',
  }),
  row('StatefulSet: too few replicas', {
    object: statefulSet(),
    status: { ...set, replicas: 1, readyReplicas: 1, currentReplicas: 1, updatedReplicas: 1 },
    health: 'InProgress',
  }),
  // The API server fills the partition in, so the rule for a StatefulSet without one has no row here.
  row('StatefulSet: too few are updated', {
    object: statefulSet(),
    status: { ...set, updatedReplicas: 1, updateRevision: 'b' },
    health: 'InProgress',
  }),
  row('StatefulSet: OnDelete is always current', {
    object: statefulSet({ updateStrategy: { type: 'OnDelete' } }),
    status: { replicas: 0 },
  }),
  row('StatefulSet: a partition needs the replicas above it', {
    object: statefulSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } }),
    status: { ...set, currentReplicas: 1, updatedReplicas: 1, updateRevision: 'b' },
  }),
  row('StatefulSet: a partition that is not reached', {
    object: statefulSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } }),
    status: { ...set, updatedReplicas: 0, updateRevision: 'b' },
    health: 'InProgress',
  }),

  row('DaemonSet: all that are desired', { object: daemonSet, status: daemons }),
  ...['currentNumberScheduled', 'updatedNumberScheduled', 'numberAvailable', 'numberReady'].map((field) =>
    row(`DaemonSet: too few ${field}`, {
      object: daemonSet,
      status: without(daemons, field, 1),
      health: 'InProgress',
    }),
  ),
  row('DaemonSet: never observed is in progress', {
    object: daemonSet,
    status: daemons,
    unobserved: true,
    health: 'InProgress',
  }),

  row('ReplicaSet: all replicas', { object: replicaSet, status: replicas }),
  ...(
    [
      ['fullyLabeledReplicas', { ...replicas, fullyLabeledReplicas: 1 }],
      ['readyReplicas', { ...replicas, readyReplicas: 1, availableReplicas: 1 }],
      ['availableReplicas', { ...replicas, availableReplicas: 1 }],
    ] as const
  ).map(([field, status]) =>
    row(`ReplicaSet: too few ${field}`, { object: replicaSet, status, health: 'InProgress' }),
  ),
  row('ReplicaSet: one too many', {
    object: replicaSet,
    status: { ...replicas, replicas: 3 },
    health: 'InProgress',
  }),
  row('ReplicaSet: ReplicaFailure is in progress', {
    object: replicaSet,
    status: { ...replicas, conditions: [condition('ReplicaFailure', 'True')] },
    health: 'InProgress',
  }),

  row('Pod: Running and Ready', {
    object: pod,
    unobserved: true,
    status: { phase: 'Running', conditions: [condition('Ready', 'True')] },
  }),
  row('Pod: Running and not Ready', {
    object: pod,
    unobserved: true,
    status: { phase: 'Running', conditions: [condition('Ready', 'False')] },
    health: 'InProgress',
  }),
  row('Pod: Running in a crash loop has failed', {
    object: pod,
    unobserved: true,
    status: {
      phase: 'Running',
      conditions: [condition('Ready', 'False')],
      containerStatuses: waiting('CrashLoopBackOff'),
    },
    health: 'Failed',
  }),
  row('Pod: Succeeded is current', {
    object: pod,
    unobserved: true,
    status: { phase: 'Succeeded', conditions: [condition('Ready', 'False', 'PodCompleted')] },
  }),
  row('Pod: Failed is finished, so current', {
    object: pod,
    unobserved: true,
    status: { phase: 'Failed', conditions: [condition('Ready', 'False')] },
  }),
  row('Pod: Pending is in progress', {
    object: pod,
    unobserved: true,
    status: { phase: 'Pending' },
    health: 'InProgress',
  }),
  row('Pod: Unschedulable for longer than 15 s has failed', {
    object: pod,
    unobserved: true,
    status: { phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'Unschedulable')] },
    health: 'Failed',
  }),

  row('Job: Complete', {
    object: job(),
    unobserved: true,
    status: { conditions: [condition('Complete', 'True')], succeeded: 1 },
  }),
  row('Job: started is not enough', {
    object: job(),
    unobserved: true,
    status: { startTime: '2026-01-01T00:00:00Z', active: 1 },
    health: 'InProgress',
  }),
  row('Job: Failed True has failed', {
    object: job(),
    unobserved: true,
    status: { conditions: [condition('Failed', 'True', 'BackoffLimitExceeded')] },
    health: 'Failed',
  }),

  row('CronJob: always', {
    object: {
      apiVersion: 'batch/v1beta1',
      kind: 'CronJob',
      spec: { schedule: '0 0 * * *', jobTemplate: { spec: job().spec } },
    },
    unobserved: true,
  }),
  row('ConfigMap: always', { object: { apiVersion: 'v1', kind: 'ConfigMap', data: {} }, unobserved: true }),
  row('Secret: always', { object: { apiVersion: 'v1', kind: 'Secret', data: {} }, unobserved: true }),
  row('PodDisruptionBudget: always', {
    object: {
      apiVersion: 'policy/v1beta1',
      kind: 'PodDisruptionBudget',
      spec: { minAvailable: 1, selector },
    },
    unobserved: true,
  }),
  row('PersistentVolumeClaim: Bound', { object: claim, unobserved: true, status: { phase: 'Bound' } }),
  row('PersistentVolumeClaim: Pending is in progress', {
    object: claim,
    unobserved: true,
    status: { phase: 'Pending' },
    health: 'InProgress',
  }),
  row('Service: ClusterIP is always current', {
    object: { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 80 }] } },
    unobserved: true,
  }),
  row('Service: a LoadBalancer needs a cluster address, no more', {
    object: { apiVersion: 'v1', kind: 'Service', spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } },
    unobserved: true,
  }),
  row('Namespace: by the generic rule', {
    object: { apiVersion: 'v1', kind: 'Namespace' },
    unobserved: true,
  }),
];

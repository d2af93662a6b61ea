import { configMap, deployment, job } from '../rig/manifests.js';
import type { ScenarioRow } from '../rig/scenario-row.js';
import { isWaiting } from './cancel.rows.js';

const web = 'apps/v1/Deployment/web';
const waits = { wait: true, timeout: '30s' };

/** Health checks of what really runs: controllers, Pods, and what becomes of the Kustomization (flux-compat 3.8). */
export const healthRows: readonly ScenarioRow[] = [
  {
    section: '3.8',
    behaviour: 'without checks there is no condition Healthy',
    given: { files: { 'a.yaml': deployment('web', { image: 'app:fail' }) } },
    expect: { ready: 'True', conditions: { Healthy: null } },
  },
  {
    section: '3.8',
    behaviour: 'Healthy goes when the checks are taken out of the spec',
    given: { files: { 'a.yaml': deployment('web') }, spec: waits },
    expect: { ready: 'True', conditions: { Healthy: { status: 'True' } } },
    steps: [{ spec: { wait: false }, expect: { ready: 'True', conditions: { Healthy: null } } }],
  },
  {
    section: '3.8',
    behaviour: 'a timeout names each object that is not ready, with its status',
    given: {
      files: { 'a.yaml': [deployment('web', { image: 'app:missing' }), configMap('a')] },
      spec: waits,
    },
    expect: {
      ready: {
        status: 'False',
        reason: 'HealthCheckFailed',
        message:
          /^health check failed after 30\..*s: timeout waiting for: \[Deployment\/<ns>\/web status: 'InProgress'.*\]$/,
      },
      conditions: { Healthy: { status: 'False', reason: 'HealthCheckFailed' } },
      status: { history: [{ lastReconciledStatus: 'HealthCheckFailed' }], observedGeneration: -1 },
      events: [{ severity: 'error', reason: 'HealthCheckFailed' }],
    },
  },
  {
    section: '3.8',
    behaviour: 'a failed object ends the wait before the timeout',
    given: { files: { 'a.yaml': job('j', 'app:fail') }, spec: { wait: true, timeout: '5m' } },
    expect: {
      ready: {
        status: 'False',
        reason: 'HealthCheckFailed',
        message:
          /^health check failed after .*: failed early due to stalled resources: \[Job\/<ns>\/j status: 'Failed'/,
      },
    },
  },
  {
    section: '3.8',
    behaviour: 'what failed its health check is applied all the same, and stays in the inventory',
    given: { files: { 'a.yaml': job('j', 'app:fail') }, spec: { wait: true, timeout: '5m' } },
    expect: { ready: 'False', inventory: ['<ns>_j_batch_Job'], objects: { 'batch/v1/Job/j': {} } },
  },
  {
    section: '3.8',
    behaviour: 'wait counts and healthChecks are ignored when both are set',
    given: {
      files: { 'a.yaml': configMap('a') },
      spec: { ...waits, healthChecks: [{ kind: 'Deployment', name: 'gone', namespace: '<ns>' }] },
    },
    expect: { ready: 'True', conditions: { Healthy: { status: 'True' } } },
  },
  {
    section: '3.8',
    behaviour: 'healthChecks count alone without wait: an unhealthy object beside them is not looked at',
    given: {
      files: { 'a.yaml': [deployment('web'), deployment('bad', { image: 'app:missing' })] },
      spec: {
        timeout: '30s',
        healthChecks: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: '<ns>' }],
      },
    },
    expect: { ready: 'True', objects: { [web]: { status: { readyReplicas: 1 } } } },
  },
  {
    section: '3.8',
    behaviour: 'objects that were skipped are not waited for',
    given: {
      files: {
        'a.yaml': [
          configMap('a'),
          deployment('web', {}, { annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } }),
        ],
      },
      spec: waits,
    },
    expect: { ready: 'True', objects: { [web]: null } },
  },
  {
    section: '3.8',
    behaviour: 'the event of a passed check comes with the first success',
    given: { files: { 'a.yaml': deployment('web') }, spec: waits },
    expect: {
      ready: 'True',
      events: [{ severity: 'info', message: /^Health check passed in .*s$/ }],
    },
  },
  {
    section: '3.8',
    behaviour: 'recovery: a new commit with a healthy object makes it healthy again',
    given: { files: { 'a.yaml': job('j', 'app:fail') }, spec: { wait: true, timeout: '1m', force: true } },
    expect: { ready: 'False' },
    steps: [
      {
        commit: { 'a.yaml': job('j', 'app:2.0') },
        expect: { ready: 'True', conditions: { Healthy: { status: 'True' } } },
      },
    ],
  },
  {
    section: '3.8',
    behaviour: 'a Kustomization does not wait for itself',
    given: {
      files: { 'a.yaml': configMap('a') },
      spec: {
        timeout: '30s',
        healthChecks: [
          {
            apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
            kind: 'Kustomization',
            name: 'apps',
            namespace: '<ns>',
          },
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace: '<ns>' },
        ],
      },
    },
    expect: { ready: 'True', conditions: { Healthy: { status: 'True' } } },
  },
  {
    section: '3.8',
    behaviour: 'a Kustomization that waits for another one waits for what that one waits for',
    given: {
      files: { 'base/a.yaml': deployment('web', { image: 'app:slow-2' }), 'top/b.yaml': configMap('b') },
      others: { base: { path: './base', wait: true } },
      spec: {
        path: './top',
        timeout: '1m',
        healthChecks: [
          {
            apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
            kind: 'Kustomization',
            name: 'base',
            namespace: '<ns>',
          },
        ],
      },
    },
    expect: { ready: 'True', objects: { [web]: { status: { readyReplicas: 1 } } } },
  },
  {
    section: '3.2',
    behaviour: 'without the gate CancelHealthCheckOnNewRevision a new commit waits for the end of the checks',
    given: { files: { 'a.yaml': deployment('web', { image: 'app:missing' }) }, spec: waits },
    steps: [
      {
        does: (world) => isWaiting(world),
        commit: { 'a.yaml': configMap('a') },
        expect: {
          ready: 'True',
          events: [{ reason: 'HealthCheckFailed' }],
          noEvents: [{ reason: 'HealthCheckCanceled' }],
        },
      },
    ],
  },
  {
    section: '3.8',
    behaviour: 'a Job with ttlSecondsAfterFinished that has vanished counts as done',
    given: {
      files: {
        'a.yaml': [
          job('j', 'app:slow-1', { ttlSecondsAfterFinished: 0 }),
          deployment('web', { image: 'app:slow-4' }),
        ],
      },
      spec: { wait: true, timeout: '1m' },
    },
    expect: { ready: 'True' },
  },
];

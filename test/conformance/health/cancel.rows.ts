import { waitFor } from '../../servers/wait-for.js';
import { configMap, deployment } from '../rig/manifests.js';
import type { Given, ScenarioRow } from '../rig/scenario-row.js';
import { conditionOf, type World } from '../rig/world.js';

const waits = { wait: true, timeout: '10m' };

/** Waits until the Kustomization of the row waits for health. */
export async function isWaiting(world: World): Promise<void> {
  await waitFor('the health checks to begin', async () => {
    const condition = conditionOf(await world.read(world.subject), 'Healthy');
    return condition?.status === 'Unknown';
  });
}

const stuck: Given = { files: { 'a.yaml': deployment('web', { image: 'app:missing' }) }, spec: waits };

const canceledBy = (trigger: string): { severity: string; reason: string; message: string } => ({
  severity: 'info',
  reason: 'HealthCheckCanceled',
  message: `Health checks canceled due to new reconciliation triggered by ${trigger}`,
});

/** For an agent with the gate CancelHealthCheckOnNewRevision (flux-compat 3.2, end). */
export const cancelRows: readonly ScenarioRow[] = [
  {
    section: '3.2',
    behaviour: 'CancelHealthCheckOnNewRevision: a new revision ends the wait and is applied at once',
    given: stuck,
    steps: [
      {
        does: isWaiting,
        commit: { 'a.yaml': deployment('web') },
        expect: {
          ready: 'True',
          events: [canceledBy('GitRepository/<ns>/fleet')],
          noEvents: [{ reason: 'HealthCheckFailed' }],
          check: (_world, { status }) => {
            const { history } = status as { history: { lastReconciledStatus: string }[] };
            const statuses = history.map(({ lastReconciledStatus }) => lastReconciledStatus);
            if (String(statuses) !== 'ReconciliationSucceeded') throw new Error(String(statuses));
          },
        },
      },
    ],
  },
  {
    section: '3.2',
    behaviour: 'CancelHealthCheckOnNewRevision: a change of the spec ends the wait',
    given: stuck,
    steps: [
      {
        does: isWaiting,
        spec: { wait: false },
        expect: {
          ready: 'True',
          conditions: { Healthy: null },
          events: [canceledBy('Kustomization/<ns>/apps')],
        },
      },
    ],
  },
  {
    section: '3.2',
    behaviour:
      'CancelHealthCheckOnNewRevision: a request by annotation ends the wait, which then begins anew',
    given: stuck,
    steps: [
      {
        does: async (world) => {
          await isWaiting(world);
          const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' };
          await world.edit(world.subject, { metadata: { annotations } });
        },
        settles: false,
        expect: {
          ready: { status: 'Unknown', reason: 'Progressing' },
          events: [canceledBy('Kustomization/<ns>/apps')],
        },
      },
    ],
  },
  {
    section: '3.2',
    behaviour: 'CancelHealthCheckOnNewRevision: a change of a watched ConfigMap ends the wait',
    given: {
      ...stuck,
      objects: [
        configMap('vars', { IMAGE: 'app:missing' }, { labels: { 'reconcile.fluxcd.io/watch': 'Enabled' } }),
      ],
      files: { 'a.yaml': deployment('web', { image: '${IMAGE}' }) },
      spec: { ...waits, postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] } },
    },
    steps: [
      {
        does: isWaiting,
        edit: { 'v1/ConfigMap/vars': { data: { IMAGE: 'app:2.0' } } },
        expect: { ready: 'True', events: [canceledBy('ConfigMap/<ns>/vars')] },
      },
    ],
  },
  {
    section: '3.2',
    behaviour: 'CancelHealthCheckOnNewRevision: without a trigger the wait ends as ever',
    given: { files: { 'a.yaml': deployment('web', { image: 'app:slow-2' }) }, spec: waits },
    expect: { ready: 'True', noEvents: [{ reason: 'HealthCheckCanceled' }] },
  },
];

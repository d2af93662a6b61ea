import { readFileSync } from 'node:fs';
import { configMap, secret } from '../rig/manifests.js';
import type { ScenarioRow } from '../rig/scenario-row.js';

const labels = { 'reconcile.fluxcd.io/watch': 'Enabled' };
const files = { 'a.yaml': configMap('a') };

/** Labelled objects of spec.kubeConfig (flux-compat 1.2). The intervals of the rows are an hour. */
export const wakeRows: readonly ScenarioRow[] = [
  {
    section: '1.2',
    behaviour: 'a labelled Secret of kubeConfig.secretRef that changes starts a reconcile',
    given: {
      files,
      objects: [secret('remote', { stringData: { value: 'no kubeconfig' } }, { labels })],
      spec: { kubeConfig: { secretRef: { name: 'remote' } } },
    },
    expect: { ready: 'False' },
    steps: [
      {
        does: (world) =>
          world.edit('v1/Secret/remote', {
            stringData: { value: readFileSync(world.rig.cluster.kubeconfig, 'utf8') },
          }),
        settles: false,
        expect: { ready: 'True', objects: { 'v1/ConfigMap/a': {} } },
      },
    ],
  },
  {
    section: '1.2',
    behaviour:
      'a labelled ConfigMap of kubeConfig.configMapRef that changes starts a reconcile, also of a stalled one',
    given: {
      files,
      objects: [configMap('remote', { provider: 'mine' }, { labels })],
      spec: { kubeConfig: { configMapRef: { name: 'remote' } } },
    },
    expect: { ready: { status: 'False', reason: 'InvalidProviderConfiguration' } },
    steps: [
      {
        edit: { 'v1/ConfigMap/remote': { data: { provider: 'aws' } } },
        settles: false,
        expect: {
          ready: { status: 'False', reason: 'ReconciliationFailed', message: /data\.cluster is required/ },
          conditions: { Stalled: null },
        },
      },
    ],
  },
  {
    section: '1.2',
    behaviour: 'a Secret whose label has another case is not watched',
    given: {
      files,
      objects: [
        secret(
          'remote',
          { stringData: { value: 'no kubeconfig' } },
          { labels: { 'reconcile.fluxcd.io/watch': 'enabled' } },
        ),
      ],
      spec: { kubeConfig: { secretRef: { name: 'remote' } } },
    },
    expect: { ready: 'False' },
    steps: [
      {
        does: async (world) => {
          await world.edit('v1/Secret/remote', {
            stringData: { value: readFileSync(world.rig.cluster.kubeconfig, 'utf8') },
          });
          await world.pause(2_000);
        },
        expect: { ready: 'False', objects: { 'v1/ConfigMap/a': null } },
      },
    ],
  },
];

import { configMap, deployment, namespaceObject } from '../rig/manifests.js';
import type { ScenarioRow } from '../rig/scenario-row.js';

/** What people write, and do, every day (flux-compat 3.6). */
export const everydayRows: readonly ScenarioRow[] = [
  {
    section: '3.6',
    behaviour: 'quantities may be numbers',
    given: {
      files: {
        'a.yaml': [
          deployment('web', {
            template: {
              metadata: { labels: { app: 'web' } },
              spec: {
                containers: [
                  {
                    name: 'main',
                    image: 'app:1',
                    resources: { requests: { cpu: 1, memory: 134_217_728 }, limits: { cpu: 1.5 } },
                  },
                ],
                volumes: [{ name: 'tmp', emptyDir: { sizeLimit: 1_048_576 } }],
              },
            },
          }),
          {
            apiVersion: 'v1',
            kind: 'ResourceQuota',
            metadata: { name: 'quota', namespace: '<ns>' },
            spec: { hard: { pods: 50, 'requests.cpu': 20 } },
          },
          {
            apiVersion: 'v1',
            kind: 'LimitRange',
            metadata: { name: 'limits', namespace: '<ns>' },
            spec: { limits: [{ type: 'Container', max: { cpu: 4 }, defaultRequest: { cpu: 0.1 } }] },
          },
        ],
      },
    },
    expect: {
      ready: 'True',
      objects: {
        'apps/v1/Deployment/web': {
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    resources: { requests: { cpu: '1', memory: '134217728' }, limits: { cpu: '1500m' } },
                  },
                ],
              },
            },
          },
        },
        'v1/ResourceQuota/quota': { spec: { hard: { pods: '50', 'requests.cpu': '20' } } },
        'v1/LimitRange/limits': { spec: { limits: [{ defaultRequest: { cpu: '100m' } }] } },
      },
    },
    steps: [{ request: true, expect: { ready: 'True', untouched: ['v1/LimitRange/limits'] } }],
  },
  {
    section: '3.6',
    behaviour: 'a Namespace that somebody deletes comes back as soon as it is gone, with what lives in it',
    given: {
      files: { 'a.yaml': [configMap('a', {}, { namespace: 'back-<ns>' }), namespaceObject('back-<ns>')] },
    },
    expect: { ready: 'True' },
    steps: [
      {
        remove: ['v1/Namespace/back-<ns>'],
        settles: false,
        expect: {
          ready: 'True',
          recreated: ['v1/Namespace/back-<ns>', 'v1/ConfigMap/back-<ns>/a'],
          objects: { 'v1/Namespace/back-<ns>': {}, 'v1/ConfigMap/back-<ns>/a': {} },
          noEvents: [{ message: /timeout waiting for/ }],
        },
      },
    ],
  },
];

import type { KubeObject } from '@flotilla/common/kube/object';
import { describe, expect, it } from 'vitest';
import { normalize } from './normalize.js';

type Loose = Omit<KubeObject, 'metadata'> & { metadata: Record<string, unknown> };

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
const x = { name: 'x', namespace: 'n' };

const deployment = (ports: unknown) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: x,
  spec: { template: { spec: { containers: [{ name: 'a', ports }] } } },
});
const certificate = [
  '-----BEGIN CERTIFICATE-----',
  'MIIBezCCASGgAwIBAgIUY/9/TxIMZw8F8dDAnKvAaZfAfTYwCgYIKoZIzj0EAwIw',
  'EjEQMA4GA1UEAwwHdGVzdC1jYTAgFw0yNjExMjAwNzM3NTNaGA8yMTI2MTAyNzA3',
  'Mzc1M1owEjEQMA4GA1UEAwwHdGVzdC1jYTBZMBMGByqGSM49AgEGCCqGSM49AwEH',
  'A0IABGuE5Fn7CtAceOQ4DeffvjH59IGoVZwaWj3h/EqV0QDt+qXG1Fb+vpG0NsfC',
  'orO07o8edNS73bmEcpsbthVtBjijUzBRMB0GA1UdDgQWBBRwg+C6SfqQDL1CQZ/P',
  'LxVU7ilN9zAfBgNVHSMEGDAWgBRwg+C6SfqQDL1CQZ/PLxVU7ilN9zAPBgNVHRMB',
  'Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCgiwn93/c7m6cYYCi+1oIJoQT+',
  'JitPTSKL8pNJzuweTwIgTmKnPkkbVMiiumjZFqyHZJA1DaLoUXhJ2MwL2TRJqwE=',
  '-----END CERTIFICATE-----',
].join('\n');

const crd = (extra: Record<string, unknown>) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'x' },
  ...extra,
});
const withCaBundle = (caBundle?: string) =>
  crd({
    spec: {
      conversion: {
        strategy: 'Webhook',
        webhook: { clientConfig: { url: 'u', ...(caBundle === undefined ? {} : { caBundle }) } },
      },
    },
  });

describe('normalize (flux-compat 3.6, 1 and 7a)', () => {
  const rows: Array<[string, Loose, Loose]> = [
    [
      'stringData of a Secret becomes data and wins over it',
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: x,
        data: { a: base64('old'), b: base64('kept') },
        stringData: { a: 'née' },
      },
      { apiVersion: 'v1', kind: 'Secret', metadata: x, data: { a: base64('née'), b: base64('kept') } },
    ],
    [
      'stringData alone makes data',
      { apiVersion: 'v1', kind: 'Secret', metadata: x, stringData: { a: '' } },
      { apiVersion: 'v1', kind: 'Secret', metadata: x, data: { a: '' } },
    ],
    [
      'stringData that is no text is left for the server to refuse',
      { apiVersion: 'v1', kind: 'Secret', metadata: x, stringData: { a: 8080 } },
      { apiVersion: 'v1', kind: 'Secret', metadata: x, stringData: { a: 8080 } },
    ],
    [
      'quantities that are numbers become texts, and nothing else does',
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: x,
        spec: {
          replicas: 2,
          template: {
            spec: {
              overhead: { cpu: 0.25 },
              containers: [
                {
                  name: 'a',
                  resources: {
                    limits: { cpu: 1.5, memory: 134217728n },
                    requests: { cpu: 1, memory: '1Gi' },
                  },
                  env: [
                    { name: 'N', value: 80 },
                    { name: 'M', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: 1 } } },
                  ],
                },
              ],
              volumes: [{ name: 'v', emptyDir: { sizeLimit: 1024 } }],
            },
          },
        },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: x,
        spec: {
          replicas: 2,
          template: {
            spec: {
              overhead: { cpu: '0.25' },
              containers: [
                {
                  name: 'a',
                  resources: {
                    limits: { cpu: '1.5', memory: '134217728' },
                    requests: { cpu: '1', memory: '1Gi' },
                  },
                  env: [
                    { name: 'N', value: 80 },
                    { name: 'M', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1' } } },
                  ],
                },
              ],
              volumes: [{ name: 'v', emptyDir: { sizeLimit: '1024' } }],
            },
          },
        },
      },
    ],
    [
      'quantities of a quota and a limit range',
      { apiVersion: 'v1', kind: 'ResourceQuota', metadata: x, spec: { hard: { pods: 5 } } },
      { apiVersion: 'v1', kind: 'ResourceQuota', metadata: x, spec: { hard: { pods: '5' } } },
    ],
    [
      'quantities of an autoscaler',
      {
        apiVersion: 'autoscaling/v2beta2',
        kind: 'HorizontalPodAutoscaler',
        metadata: x,
        spec: { maxReplicas: 3, metrics: [{ external: { target: { type: 'Value', value: 10 } } }] },
      },
      {
        apiVersion: 'autoscaling/v2beta2',
        kind: 'HorizontalPodAutoscaler',
        metadata: x,
        spec: { maxReplicas: 3, metrics: [{ external: { target: { type: 'Value', value: '10' } } }] },
      },
    ],
    [
      'numbers of other kinds stay numbers',
      { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'x' }, value: 10 },
      { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'x' }, value: 10 },
    ],
    [
      'numbers of a custom resource stay as they are',
      { apiVersion: 'example.com/v1', kind: 'App', metadata: x, spec: { limits: { cpu: 1 } } },
      { apiVersion: 'example.com/v1', kind: 'App', metadata: x, spec: { limits: { cpu: 1 } } },
    ],
    [
      'a container port gets TCP',
      deployment([{ containerPort: 80 }]),
      deployment([{ containerPort: 80, protocol: 'TCP' }]),
    ],
    [
      'a protocol that is there stays',
      deployment([{ containerPort: 80, protocol: 'UDP' }]),
      deployment([{ containerPort: 80, protocol: 'UDP' }]),
    ],
    [
      'a Service port gets TCP',
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: x,
        spec: { ports: [{ port: 80 }, { port: 53, protocol: 'UDP' }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: x,
        spec: {
          ports: [
            { port: 80, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
        },
      },
    ],
    [
      'a CronJob port gets TCP',
      {
        apiVersion: 'batch/v1beta1',
        kind: 'CronJob',
        metadata: x,
        spec: {
          jobTemplate: { spec: { template: { spec: { containers: [{ ports: [{ containerPort: 1 }] }] } } } },
        },
      },
      {
        apiVersion: 'batch/v1beta1',
        kind: 'CronJob',
        metadata: x,
        spec: {
          jobTemplate: {
            spec: {
              template: { spec: { containers: [{ ports: [{ containerPort: 1, protocol: 'TCP' }] }] } },
            },
          },
        },
      },
    ],
    [
      'ports of a custom resource stay',
      { apiVersion: 'example.com/v1', kind: 'Service', metadata: x, spec: { ports: [{ port: 80 }] } },
      { apiVersion: 'example.com/v1', kind: 'Service', metadata: x, spec: { ports: [{ port: 80 }] } },
    ],
    [
      'creationTimestamp goes, null or not, of every kind',
      { apiVersion: 'example.com/v1', kind: 'Pizza', metadata: { ...x, creationTimestamp: null }, spec: {} },
      { apiVersion: 'example.com/v1', kind: 'Pizza', metadata: x, spec: {} },
    ],
    [
      'status goes',
      { apiVersion: 'v1', kind: 'Service', metadata: x, status: { loadBalancer: {} } },
      { apiVersion: 'v1', kind: 'Service', metadata: x },
    ],
    ['status of a CRD stays', crd({ status: { conditions: [] } }), crd({ status: { conditions: [] } })],
    [
      'a Role is left alone',
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { ...x, creationTimestamp: null },
        rules: null,
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { ...x, creationTimestamp: null },
        rules: null,
      },
    ],
    [
      'null in the data of a ConfigMap is an empty text, as substitution of an empty value leaves it',
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { ...x, labels: { l: null } },
        data: { a: null, b: 'c' },
      },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...x, labels: { l: '' } }, data: { a: '', b: 'c' } },
    ],
    [
      'other nulls of a built-in kind are fields that are not set',
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...x, annotations: null },
        spec: { volumes: null, containers: [{ name: 'a', env: [{ name: 'E', value: null }] }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: x,
        spec: { containers: [{ name: 'a', env: [{ name: 'E' }] }] },
      },
    ],
    [
      'null in a custom resource stays',
      { apiVersion: 'example.com/v1', kind: 'Pizza', metadata: x, spec: { topping: null } },
      { apiVersion: 'example.com/v1', kind: 'Pizza', metadata: x, spec: { topping: null } },
    ],
    ['a caBundle that is no PEM goes', withCaBundle('Cg=='), withCaBundle()],
    [
      'a caBundle with a broken certificate goes',
      withCaBundle(base64('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')),
      withCaBundle(),
    ],
    ['an empty caBundle stays', withCaBundle(''), withCaBundle('')],
    ['a valid caBundle stays', withCaBundle(base64(certificate)), withCaBundle(base64(certificate))],
  ];
  it.each(rows)('%s', (_, given, wanted) => {
    const before = structuredClone(given);
    expect(normalize(given as KubeObject)).toEqual(wanted);
    expect(given).toEqual(before);
  });
});

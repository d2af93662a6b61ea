import {
  clusterRole,
  configMap,
  crd,
  deployment,
  job,
  namespaceObject,
  secret,
  service,
} from '../rig/manifests.js';
import type { ScenarioRow } from '../rig/scenario-row.js';

const immutable = { immutable: true };
const a = 'v1/ConfigMap/a';

/** What happens to one object on its way into the cluster (flux-compat 3.6, 1, 4, 5, 6 and 9). */
export const applyRows: readonly ScenarioRow[] = [
  {
    section: '3.6',
    behaviour: 'fields that a built-in type does not have are dropped',
    given: { files: { 'a.yaml': deployment('web', { bogus: { deep: 1 } }) } },
    expect: { ready: 'True', objects: { 'apps/v1/Deployment/web': { spec: { replicas: 1 } } } },
  },
  {
    section: '3.6',
    behaviour: 'stringData of a Secret is merged into data',
    given: { files: { 'a.yaml': secret('s', { data: { a: 'YQ==', b: 'YQ==' }, stringData: { b: 'two' } }) } },
    expect: { ready: 'True', objects: { 'v1/Secret/s': { data: { a: 'YQ==', b: 'dHdv' } } } },
  },
  {
    section: '3.6',
    behaviour: 'a port without a protocol is a TCP port, beside the UDP port of the same number',
    given: {
      files: {
        'a.yaml': service('dns', {
          ports: [
            { name: 'tcp', port: 53 },
            { name: 'udp', port: 53, protocol: 'UDP' },
          ],
        }),
      },
    },
    expect: {
      ready: 'True',
      objects: { 'v1/Service/dns': { spec: { ports: [{ protocol: 'TCP' }, { protocol: 'UDP' }] } } },
    },
  },
  {
    section: '3.6',
    behaviour: 'creationTimestamp: null is no field of the manifest',
    given: {
      files: {
        'a.yaml':
          '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"<ns>","creationTimestamp":null}}',
      },
    },
    expect: { ready: 'True', inventory: ['<ns>_a__ConfigMap'] },
  },
  {
    section: '3.6',
    behaviour: 'status in a manifest is not applied',
    given: {
      files: {
        'a.yaml': { ...service('web'), status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } },
      },
    },
    expect: {
      ready: 'True',
      check: async (world) => {
        const found = await world.read('v1/Service/web');
        const managers = found?.metadata.managedFields?.filter(
          (entry) => 'f:status' in (entry.fieldsV1 ?? {}),
        );
        if (managers?.length) throw new Error(`status is owned by ${managers[0]?.manager}`);
      },
    },
  },
  {
    section: '3.6',
    behaviour: 'common metadata win over the labels and annotations of the manifest',
    given: {
      files: {
        'a.yaml': configMap('a', {}, { labels: { team: 'x', own: '1' }, annotations: { note: 'x' } }),
      },
      spec: { commonMetadata: { labels: { team: 'y' }, annotations: { note: 'y' } } },
    },
    expect: {
      ready: 'True',
      objects: { [a]: { metadata: { labels: { team: 'y', own: '1' }, annotations: { note: 'y' } } } },
    },
  },
  {
    section: '3.6',
    behaviour: 'an object without changes gets no request that writes, and the log leaves it out',
    given: { files: { 'a.yaml': configMap('a'), 'b.yaml': configMap('b') } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'b.yaml': configMap('b', { value: 'two' }) },
        expect: {
          ready: 'True',
          untouched: [a],
          objects: { 'v1/ConfigMap/b': { data: { value: 'two' } } },
          events: [{ severity: 'info', message: /^ConfigMap\/<ns>\/b configured$/ }],
        },
      },
      { request: true, expect: { untouched: [a, 'v1/ConfigMap/b'] } },
    ],
  },
  {
    section: '3.6',
    behaviour: 'a field that leaves the manifest leaves the object',
    given: { files: { 'a.yaml': configMap('a', { one: '1', two: '2' }) } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'a.yaml': configMap('a', { one: '1' }) },
        expect: {
          ready: 'True',
          kept: [a],
          check: async (world) => {
            const { data } = (await world.read(a)) as unknown as { data: object };
            if ('two' in data) throw new Error('data.two is still there');
          },
        },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'a manual edit of a declared field is reverted',
    given: { files: { 'a.yaml': configMap('a') } },
    expect: { ready: 'True' },
    steps: [
      {
        edit: { [a]: { data: { value: 'by hand' } } },
        expect: { kept: [a], objects: { [a]: { data: { value: 'one' } } } },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'a deleted object is made again',
    given: { files: { 'a.yaml': configMap('a') } },
    expect: { ready: 'True' },
    steps: [{ remove: [a], expect: { recreated: [a], objects: { [a]: { data: { value: 'one' } } } } }],
  },
  {
    section: '3.6',
    behaviour: 'an owner label that is taken away comes back',
    given: { files: { 'a.yaml': configMap('a') } },
    expect: { ready: 'True' },
    steps: [
      {
        edit: { [a]: { metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': null } } } },
        expect: {
          objects: { [a]: { metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } } } },
        },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'a field that another applier owns is taken over by force',
    given: { files: { 'a.yaml': configMap('a') }, objects: [configMap('a', { value: 'theirs', more: '1' })] },
    expect: { ready: 'True', kept: [], objects: { [a]: { data: { value: 'one', more: '1' } } } },
  },
  {
    section: '3.6',
    behaviour: 'fields that others add are left to them',
    given: { files: { 'a.yaml': configMap('a') } },
    expect: { ready: 'True' },
    steps: [
      {
        does: (world) =>
          world.edit(
            a,
            { data: { added: '1' }, metadata: { annotations: { added: '1' } } },
            'some-controller',
          ),
        request: true,
        expect: {
          ready: 'True',
          objects: { [a]: { data: { value: 'one', added: '1' }, metadata: { annotations: { added: '1' } } } },
        },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'the event of an apply has one line for each object that was created',
    given: { files: { 'a.yaml': configMap('a'), 'b.yaml': service('b') } },
    expect: {
      ready: 'True',
      events: [{ severity: 'info', message: /^ConfigMap\/<ns>\/a created\nService\/<ns>\/b created$/ }],
    },
  },
  {
    section: '3.6',
    behaviour: 'an error of one dry-run stops a stage before anything of it is applied',
    given: { files: { 'a.yaml': configMap('a'), 'z.yaml': service('z', { ports: [{ port: 700_000 }] }) } },
    expect: {
      ready: {
        status: 'False',
        reason: 'ReconciliationFailed',
        message: /^Service\/<ns>\/z dry-run failed \(Invalid\): .*spec\.ports\[0\]\.port/,
      },
      objects: { [a]: null },
    },
  },
  {
    section: '3.6',
    behaviour: 'what complete stages did is part of the error, and stays',
    given: {
      files: { 'a.yaml': clusterRole('role-<ns>'), 'z.yaml': service('z', { ports: [{ port: 700_000 }] }) },
    },
    expect: {
      ready: {
        status: 'False',
        message: /^Service\/<ns>\/z dry-run failed \(Invalid\): .*\nClusterRole\/role-<ns> created\n?$/s,
      },
      objects: { 'rbac.authorization.k8s.io/v1/ClusterRole/role-<ns>': {} },
    },
  },
  {
    section: '3.6',
    behaviour: 'a namespace that does not exist is named',
    given: { files: { 'a.yaml': configMap('a', {}, { namespace: 'gone-<ns>' }) } },
    expect: {
      ready: {
        status: 'False',
        reason: 'ReconciliationFailed',
        message: /^ConfigMap\/gone-<ns>\/a not found: /,
      },
    },
  },
  {
    section: '3.6',
    behaviour: 'a namespaced object without a namespace is an error, not one of the default namespace',
    given: { files: { 'a.yaml': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}' } },
    expect: {
      ready: {
        status: 'False',
        reason: 'ReconciliationFailed',
        message: /^ConfigMap\/a namespace not specified: /,
      },
    },
  },
  {
    section: '3.6',
    behaviour: 'a kind that the cluster does not serve is named',
    given: {
      files: {
        'a.yaml': {
          apiVersion: 'example.com/v1',
          kind: 'Nothing',
          metadata: { name: 'a', namespace: '<ns>' },
        },
      },
    },
    expect: {
      ready: {
        status: 'False',
        reason: 'ReconciliationFailed',
        message:
          /^Nothing\/<ns>\/a dry-run failed: no matches for kind "Nothing" in version "example\.com\/v1"/,
      },
    },
  },
  {
    section: '3.6',
    behaviour: 'a change of an immutable field is refused with the words of the API server',
    given: { files: { 'a.yaml': { ...configMap('a'), ...immutable } } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'a.yaml': { ...configMap('a', { value: 'two' }), ...immutable } },
        expect: {
          ready: {
            status: 'False',
            reason: 'ReconciliationFailed',
            message: /^ConfigMap\/<ns>\/a dry-run failed \(Invalid\): .*immutable/,
          },
          kept: [a],
          objects: { [a]: { data: { value: 'one' } } },
        },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'with spec.force an object is deleted and created on a change of an immutable field',
    given: { files: { 'a.yaml': { ...configMap('a'), ...immutable } }, spec: { force: true } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'a.yaml': { ...configMap('a', { value: 'two' }), ...immutable } },
        expect: {
          ready: 'True',
          recreated: [a],
          objects: { [a]: { data: { value: 'two' } } },
          events: [{ message: /^ConfigMap\/<ns>\/a created$/ }],
        },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'with spec.force a Job with another template is replaced',
    given: { files: { 'a.yaml': job('j') }, spec: { force: true } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'a.yaml': job('j', 'registry.example.com/app:2.0') },
        expect: { ready: 'True', recreated: ['batch/v1/Job/j'] },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'without force a Job with another template is an error',
    given: { files: { 'a.yaml': job('j') } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'a.yaml': job('j', 'registry.example.com/app:2.0') },
        expect: {
          ready: {
            status: 'False',
            message: /^Job\/<ns>\/j dry-run failed \(Invalid\): .*field is immutable/s,
          },
          kept: ['batch/v1/Job/j'],
        },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'a Namespace and what lives in it are applied together',
    given: {
      files: { 'a.yaml': [configMap('a', {}, { namespace: 'new-<ns>' }), namespaceObject('new-<ns>')] },
    },
    expect: { ready: 'True', inventory: ['_new-<ns>__Namespace', 'new-<ns>_a__ConfigMap'] },
  },
  {
    section: '3.6',
    behaviour: 'a CustomResourceDefinition and an object of its kind are applied together',
    given: {
      files: {
        'a.yaml': {
          apiVersion: '<ns>.example.com/v1',
          kind: 'Widget',
          metadata: { name: 'w', namespace: '<ns>' },
          spec: { size: 1 },
        },
        'b.yaml': crd('Widget'),
      },
    },
    expect: {
      ready: 'True',
      inventory: [
        '_widgets.<ns>.example.com_apiextensions.k8s.io_CustomResourceDefinition',
        '<ns>_w_<ns>.example.com_Widget',
      ],
    },
  },
];

import { configMap, deployment, job } from '../rig/manifests.js';
import { deleteObject } from '../rig/objects.js';
import type { ScenarioRow } from '../rig/scenario-row.js';

const group = 'kustomize.toolkit.fluxcd.io';
const [a, b] = ['v1/ConfigMap/a', 'v1/ConfigMap/b'];
const two = { 'a.yaml': configMap('a'), 'b.yaml': configMap('b') };

const finalized = (name: string) => configMap(name, {}, { finalizers: ['example.com/hold'] });

/** Objects that leave Git, and the end of the Kustomization itself (flux-compat 3.7 and 3.9). */
export const pruneRows: readonly ScenarioRow[] = [
  {
    section: '3.7',
    behaviour: 'what left the build is deleted, and told line by line',
    given: { files: two },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'b.yaml': null },
        expect: {
          ready: 'True',
          kept: [a],
          objects: { [b]: null },
          inventory: ['<ns>_a__ConfigMap'],
          events: [{ severity: 'info', message: /^ConfigMap\/<ns>\/b deleted$/ }],
        },
      },
    ],
  },
  {
    section: '3.7',
    behaviour: 'deletion goes in reverse apply order',
    given: { files: { ...two, 'c.yaml': deployment('web') } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'b.yaml': null, 'c.yaml': null },
        expect: {
          ready: 'True',
          events: [{ message: /^Deployment\/<ns>\/web deleted\nConfigMap\/<ns>\/b deleted$/ }],
        },
      },
    ],
  },
  {
    section: '3.7',
    behaviour: 'deletion is in the background: the Pods of a Job go too',
    given: { files: { 'a.yaml': configMap('a'), 'j.yaml': job('j') }, spec: { wait: true } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'j.yaml': null },
        expect: {
          ready: 'True',
          objects: { 'batch/v1/Job/j': null },
          check: async (world) => {
            const path = `/api/v1/namespaces/${world.namespace}/pods?labelSelector=job-name=j`;
            const { items } = await world.kube.call<{ items: unknown[] }>({ path });
            if (items.length > 0) throw new Error(`${items.length} Pods are left`);
          },
        },
      },
    ],
  },
  {
    section: '3.7',
    behaviour: 'an object without the labels of this owner is not deleted',
    given: { files: two },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          await world.edit(world.subject, { spec: { suspend: true } });
          await world.request();
          await world.edit(b, { metadata: { labels: { [`${group}/name`]: 'somebody-else' } } });
          await world.pause(500);
        },
        settles: false,
        expect: { objects: { [b]: { metadata: { labels: { [`${group}/name`]: 'somebody-else' } } } } },
      },
      {
        commit: { 'b.yaml': null },
        spec: { suspend: false },
        expect: { ready: 'True', kept: [b], inventory: ['<ns>_a__ConfigMap'] },
      },
    ],
  },
  {
    section: '3.7',
    behaviour: 'an object that another Kustomization has taken over is not deleted',
    given: {
      files: { 'x/a.yaml': configMap('a'), 'x/b.yaml': configMap('b'), 'y/c.yaml': configMap('c') },
      spec: { path: './x' },
    },
    expect: { ready: 'True' },
    steps: [
      { does: (world) => world.applyKustomization('second', { path: './y' }) },
      {
        commit: { 'x/b.yaml': null, 'y/b.yaml': configMap('b') },
        settles: false,
        expect: {
          ready: { status: 'True', message: 'Applied revision: <revision>' },
          objects: { [b]: { metadata: { labels: { [`${group}/name`]: 'second' } } } },
        },
      },
    ],
  },
  {
    section: '3.7',
    behaviour: 'another version of the same kind prunes nothing',
    given: {
      files: {
        'a.yaml': {
          apiVersion: 'autoscaling/v1',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: 'h', namespace: '<ns>' },
          spec: { maxReplicas: 2, scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' } },
        },
      },
    },
    expect: { ready: 'True' },
    steps: [
      {
        commit: {
          'a.yaml': {
            apiVersion: 'autoscaling/v2beta2',
            kind: 'HorizontalPodAutoscaler',
            metadata: { name: 'h', namespace: '<ns>' },
            spec: {
              maxReplicas: 3,
              scaleTargetRef: { kind: 'Deployment', name: 'x', apiVersion: 'apps/v1' },
            },
          },
        },
        expect: {
          ready: 'True',
          kept: ['autoscaling/v1/HorizontalPodAutoscaler/h'],
          status: { inventory: { entries: [{ v: 'v2beta2' }] } },
        },
      },
    ],
  },
  {
    section: '3.7',
    behaviour: 'pruning comes before the health checks',
    given: { files: two, spec: { timeout: '30s' } },
    expect: { ready: 'True' },
    steps: [
      {
        does: (world) => world.edit(world.subject, { spec: { wait: true } }),
        commit: { 'b.yaml': null, 'c.yaml': deployment('web', { image: 'app:slow-8' }) },
        settles: false,
        expect: {
          objects: { [b]: null },
          ready: { status: 'Unknown' },
          conditions: { Healthy: { status: 'Unknown' } },
        },
      },
    ],
  },
  {
    section: '3.9',
    behaviour: 'deletion of the Kustomization deletes its objects, and the finalizer goes',
    given: { files: two },
    expect: { ready: 'True' },
    steps: [{ deletes: true, expect: { objects: { [a]: null, [b]: null } } }],
  },
  {
    section: '3.9',
    behaviour: 'MirrorPrune: with prune false the objects stay',
    given: { files: two, spec: { prune: false } },
    expect: { ready: 'True' },
    steps: [{ deletes: true, expect: { kept: [a, b] } }],
  },
  {
    section: '3.9',
    behaviour: 'deletionPolicy Delete deletes also with prune false',
    given: { files: two, spec: { prune: false, deletionPolicy: 'Delete' } },
    expect: { ready: 'True' },
    steps: [{ deletes: true, expect: { objects: { [a]: null, [b]: null } } }],
  },
  {
    section: '3.9',
    behaviour: 'deletionPolicy Orphan leaves everything',
    given: { files: two, spec: { deletionPolicy: 'Orphan' } },
    expect: { ready: 'True' },
    steps: [{ deletes: true, expect: { kept: [a, b] } }],
  },
  {
    section: '3.9',
    behaviour: 'deletionPolicy WaitForTermination waits until the objects are gone',
    given: { files: { 'a.yaml': finalized('a') }, spec: { deletionPolicy: 'WaitForTermination' } },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          await deleteObject(world.kube, world.subject);
          await world.pause(1_500);
          if (!(await world.read(world.subject))) throw new Error('it did not wait');
          if (!(await world.read(a))?.metadata.deletionTimestamp) throw new Error('it was not deleted');
          await world.edit(a, { metadata: { finalizers: null } });
        },
        deletes: true,
        expect: { objects: { [a]: null } },
      },
    ],
  },
  {
    section: '3.9',
    behaviour: 'deletionPolicy WaitForTermination: the timeout is told, and the finalizer goes all the same',
    given: {
      files: { 'a.yaml': finalized('a') },
      spec: { deletionPolicy: 'WaitForTermination', timeout: '30s' },
    },
    expect: { ready: 'True' },
    steps: [
      {
        deletes: true,
        expect: {
          events: [{ severity: 'error', message: /^failed to wait for resources termination/ }],
          kept: [a],
        },
      },
    ],
  },
  {
    section: '3.9',
    behaviour: 'a suspended Kustomization leaves its objects when it is deleted',
    given: { files: two },
    expect: { ready: 'True' },
    steps: [{ spec: { suspend: true }, deletes: true, expect: { kept: [a, b] } }],
  },
  {
    section: '3.9',
    behaviour: 'prune: disabled keeps an object also through the end of the Kustomization',
    given: {
      files: {
        'a.yaml': configMap('a', {}, { annotations: { [`${group}/prune`]: 'disabled' } }),
        'b.yaml': configMap('b'),
      },
    },
    expect: { ready: 'True' },
    steps: [{ deletes: true, expect: { kept: [a], objects: { [b]: null } } }],
  },
];

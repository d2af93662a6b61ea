import { configMap, crd } from '../rig/manifests.js';
import { applyAs, pathOf } from '../rig/objects.js';
import type { ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const a = 'v1/ConfigMap/a';
const declared = { value: 'one' };
const extra = { value: 'theirs', extra: '1' };

/** Somebody creates the object with a field more than Git has. */
const created = (manager: string, operation: 'Apply' | 'Update') => async (world: World) => {
  const object = world.filled(configMap('a', extra));
  if (operation === 'Apply') return await applyAs(world.kube, manager, object);
  const path = pathOf({ apiVersion: 'v1', kind: 'ConfigMap', namespace: world.namespace, name: '' });
  return await world.kube.call({ method: 'POST', path: `${path}?fieldManager=${manager}`, body: object });
};

const hasExtra = (wanted: boolean) => async (world: World) => {
  const { data } = (await world.read(a)) as unknown as { data: Record<string, string> };
  if ('extra' in data !== wanted) throw new Error(`data is ${JSON.stringify(data)}`);
};

const takenOver = (manager: string, operation: 'Apply' | 'Update'): ScenarioRow => ({
  section: '3.6',
  behaviour: `fields that ${manager} owns by ${operation} and Git does not declare are removed`,
  given: { files: { 'a.yaml': configMap('a', declared) }, before: created(manager, operation) },
  expect: { ready: 'True', objects: { [a]: { data: declared } }, check: hasExtra(false) },
});

const old: ReadonlyArray<[kind: 'annotations' | 'labels', key: string]> = [
  ['annotations', 'kubectl.kubernetes.io/last-applied-configuration'],
  ['annotations', 'kustomize.toolkit.fluxcd.io/checksum'],
  ['annotations', 'fluxcd.io/sync-checksum'],
  ['labels', 'fluxcd.io/sync-gc-mark'],
];

/** Objects that others made (flux-compat 1.3, 3.6, 6 and 7a). */
export const takeOverRows: readonly ScenarioRow[] = [
  takenOver('kubectl', 'Apply'),
  takenOver('kubectl-client-side-apply', 'Update'),
  takenOver('kubectl-edit', 'Update'),
  takenOver('kubectl-create', 'Update'),
  takenOver('before-first-apply', 'Update'),
  takenOver('kustomize-controller', 'Update'),
  // The agent of these rows runs with --override-manager=legacy-tool.
  {
    ...takenOver('legacy-tool', 'Update'),
    section: '8.1',
    behaviour: '--override-manager names a manager more whose fields are taken over',
  },
  {
    section: '3.6',
    behaviour: 'fields of a manager that nobody names are not removed',
    given: { files: { 'a.yaml': configMap('a', declared) }, before: created('some-controller', 'Update') },
    expect: { ready: 'True', objects: { [a]: { data: declared } }, check: hasExtra(true) },
  },
  ...(['labels', 'annotations'] as const).map((place): ScenarioRow => ({
    section: '1.3',
    behaviour: `ssa: Merge in the ${place} leaves the fields of kubectl alone`,
    given: {
      files: {
        'a.yaml': configMap('a', declared, { [place]: { 'kustomize.toolkit.fluxcd.io/ssa': 'Merge' } }),
      },
      before: created('kubectl', 'Apply'),
    },
    expect: { ready: 'True', objects: { [a]: { data: declared } }, check: hasExtra(true) },
  })),
  ...old.map(([place, key]): ScenarioRow => ({
    section: '1.3',
    behaviour: `${key} is removed from the ${place} of live objects`,
    given: {
      files: { 'a.yaml': configMap('a', declared) },
      objects: [configMap('a', declared, { [place]: { [key]: 'x' } })],
    },
    expect: {
      ready: 'True',
      check: async (world) => {
        const { metadata } = (await world.read(a))!;
        if (key in (metadata[place] ?? {})) throw new Error(`${key} is still there`);
      },
    },
  })),
  {
    section: '1.4',
    behaviour: 'objects are applied by the field manager kustomize-controller with operation Apply',
    given: { files: { 'a.yaml': configMap('a') } },
    expect: {
      objects: {
        [a]: { metadata: { managedFields: [{ manager: 'kustomize-controller', operation: 'Apply' }] } },
      },
    },
  },
  {
    section: '3.6',
    behaviour: 'a caBundle of a conversion webhook that is no PEM is left out',
    given: { files: { 'a.yaml': withWebhook('Zm9v') } },
    expect: {
      ready: 'True',
      check: async (world) => {
        const found = await world.read(
          'apiextensions.k8s.io/v1/CustomResourceDefinition/widgets.<ns>.example.com',
        );
        if (JSON.stringify(found?.spec).includes('caBundle')) throw new Error('caBundle is there');
      },
    },
  },
];

function withWebhook(caBundle: string) {
  const object = crd('Widget');
  const service = { namespace: '<ns>', name: 'hook', path: '/convert' };
  const webhook = { conversionReviewVersions: ['v1'], clientConfig: { service, caBundle } };
  return { ...object, spec: { ...(object.spec as object), conversion: { strategy: 'Webhook', webhook } } };
}

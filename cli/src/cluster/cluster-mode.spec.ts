import type { KubeClient } from '@flotilla/agent/kube/client';
import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import { formatRef } from '@flotilla/common/kube/object';
import { describe, expect, it } from 'vitest';
import { kindNamed, kustomizationKind } from './kinds.js';
import { statusFilter } from './list-objects.js';
import { objectCells } from './object-rows.js';
import { hasHandled, outcomeOf, requestedAt } from './reconcile-object.js';
import { resourceTree, treeData, treeLines } from './resource-tree.js';

const now = new Date('2026-01-01T00:00:00Z');
type Ready = { status: string; reason?: string; message?: string };

function kustomization(name: string, ready?: Ready, status: object = {}, spec: object = {}): KubeObject {
  const conditions = ready ? [{ type: 'Ready', reason: '', message: '', ...ready }] : [];
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'flux-system', generation: 2 },
    spec,
    status: { observedGeneration: 2, conditions, ...status },
  };
}

describe('what came of a reconcile request (flux-compat 9.2)', () => {
  const reconciling = {
    type: 'Reconciling',
    status: 'True',
    reason: 'ProgressingWithRetry',
    message: 'retry',
  };
  const failing = { type: 'Ready', status: 'False', reason: 'BuildFailed', message: 'no such file' };

  it.each<[string, KubeObject, string]>([
    ['ready', kustomization('a', { status: 'True' }), 'done'],
    ['no condition at all', kustomization('a'), 'failed'],
    ['in progress', kustomization('a', { status: 'Unknown' }), 'open'],
    ['a newer generation', kustomization('a', { status: 'True' }, { observedGeneration: 1 }), 'open'],
    [
      'failed, to be tried again',
      kustomization('a', undefined, { conditions: [reconciling, failing] }),
      'failed',
    ],
    [
      'stalled',
      kustomization('a', undefined, { conditions: [{ ...reconciling, type: 'Stalled' }, failing] }),
      'failed',
    ],
    [
      'waiting for a dependency',
      kustomization('a', { status: 'False', reason: 'DependencyNotReady' }),
      'open',
    ],
  ])('%s', (_name, object, outcome) => expect(outcomeOf(object, now)).toBe(outcome));
});

describe('a reconcile request (flux-compat 9.2)', () => {
  it.each<[string, string | undefined, string | undefined, boolean]>([
    ['is handled when the status says so', 'mine', 'mine', true],
    ['is handled when the status says so, though another one came after', 'later', 'mine', true],
    ['is handled with the one that has taken its place', 'later', 'later', true],
    ['is not handled by one that came before', 'mine', 'earlier', false],
    ['is not handled while the one that has taken its place is not', 'later', 'earlier', false],
    ['is not handled by nothing', undefined, undefined, false],
  ])('%s', (_name, asked, lastHandledReconcileAt, expected) => {
    const object = kustomization('a', undefined, { lastHandledReconcileAt });
    if (asked !== undefined) object.metadata.annotations = { [requestedAt]: asked };
    expect(hasHandled(object, 'mine')).toBe(expected);
  });
});

describe('rows (flux-compat 9.3)', () => {
  const plainRow = { namespaces: false, showSource: false, kindPrefix: false };
  const revision = `main@sha1:${'ab'.repeat(20)}`;

  it.each<[string, KubeObject, object, unknown[]]>([
    [
      'ready',
      kustomization(
        'a',
        { status: 'True', message: `Applied revision: ${revision}` },
        { lastAppliedRevision: revision },
      ),
      plainRow,
      [
        'a',
        'main@sha1:abababab',
        'False',
        { text: 'True', tone: 'good' },
        'Applied revision: main@sha1:abababab',
      ],
    ],
    [
      'suspended: what it said last is not green',
      kustomization('a', { status: 'True', message: 'm' }, {}, { suspend: true }),
      plainRow,
      ['a', '', { text: 'True', tone: 'warning' }, { text: 'True', tone: 'faint' }, 'm'],
    ],
    [
      'without conditions, in all namespaces, with kind and source of another namespace',
      kustomization(
        'a',
        undefined,
        {},
        { sourceRef: { kind: 'GitRepository', name: 'x', namespace: 'other' } },
      ),
      { namespaces: true, showSource: true, kindPrefix: true },
      [
        'flux-system',
        'kustomization/a',
        'GitRepository/other/x',
        '',
        'False',
        { text: 'False', tone: 'bad' },
        'waiting to be reconciled',
      ],
    ],
  ])('%s', (_name, object, options, cells) =>
    expect(objectCells(kustomizationKind, object, { ...plainRow, ...options })).toEqual(cells),
  );

  it.each([
    ['ready=true', true],
    ['Ready=TRUE', true],
    ['ready=false', false],
    ['healthy=true', false],
    ['ready=', false],
  ])('the status selector %s passes a ready object: %s', (selector, passes) => {
    expect(statusFilter(selector)(kustomization('a', { status: 'True' }))).toBe(passes);
  });
});

describe('words for kinds', () => {
  it.each([
    ['ks', 'Kustomization'],
    ['KUSTOMIZATIONS', 'Kustomization'],
    ['git', 'GitRepository'],
    ['gitrepository', 'GitRepository'],
    ['HelmRelease', 'HelmRelease'],
  ])('%s is %s', (word, kind) => expect(kindNamed(word)).toBe(kind));
});

describe('the tree of a Kustomization', () => {
  const ks = (name: string) => ({
    id: `flux-system_${name}_kustomize.toolkit.fluxcd.io_Kustomization`,
    v: 'v1',
  });
  const inventory = (...entries: { id: string; v: string }[]) => ({ inventory: { entries } });
  const configMap = { id: 'shop_settings__ConfigMap', v: 'v1' };

  /** Only `get` is ever asked of the client. */
  function clientWith(...objects: KubeObject[]): KubeClient {
    const get = async (ref: ObjectRef) =>
      objects.find((object) => formatRef({ ...ref }) === `Kustomization/flux-system/${object.metadata.name}`);
    return { get } as unknown as KubeClient;
  }

  async function grown(root: KubeObject, compact: boolean, ...others: KubeObject[]) {
    return resourceTree(clientWith(root, ...others), root, { compact, signal: new AbortController().signal });
  }

  it('goes down through Kustomizations, and not in circles', async () => {
    const root = kustomization('root', undefined, inventory(ks('root'), ks('app'), configMap));
    const app = kustomization('app', undefined, inventory(configMap, ks('root')));
    const tree = await grown(root, false, app);
    expect(treeLines(tree)).toEqual([
      'Kustomization/flux-system/root',
      '├── Kustomization/flux-system/root',
      '├── Kustomization/flux-system/app',
      '│   ├── ConfigMap/shop/settings',
      '│   └── Kustomization/flux-system/root',
      '└── ConfigMap/shop/settings',
    ]);
    expect(treeLines(await grown(root, true, app))).not.toContain('└── ConfigMap/shop/settings');
  });

  it('does not look for objects of another cluster in this one', async () => {
    const root = kustomization('root', undefined, inventory(ks('app')), {
      kubeConfig: { secretRef: { name: 'x' } },
    });
    const app = kustomization('app', undefined, inventory(configMap));
    expect(treeLines(await grown(root, false, app))).toHaveLength(2);
  });

  it('is data in the shape of Flux', async () => {
    expect(treeData(await grown(kustomization('root', undefined, inventory(configMap)), false))).toEqual({
      resource: {
        Namespace: 'flux-system',
        Name: 'root',
        GroupKind: { Group: 'kustomize.toolkit.fluxcd.io', Kind: 'Kustomization' },
      },
      resources: [
        { resource: { Namespace: 'shop', Name: 'settings', GroupKind: { Group: '', Kind: 'ConfigMap' } } },
      ],
    });
  });
});

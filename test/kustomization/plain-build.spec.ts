import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPlain } from '@flotilla/agent/kustomization/build/plain/build-plain';
import { isPlainObject } from '@flotilla/agent/kustomization/build/plain/plain-object';
import { readEverydayYaml } from '@flotilla/common/yaml/everyday/read-everyday-yaml';
import { rigPrograms } from '../servers/programs.js';
import { runTool } from '../servers/tool.js';
import { bodies, generatedBody, manifest, object } from './plain-build-samples.js';

// What the agent builds without kustomize has to be what kustomize would have built, byte for byte.

type Files = Record<string, string>;

function plainly(files: Files, folder = ''): Promise<string | undefined> {
  const written = new Map(Object.entries(files));
  return buildPlain({ folder, files: new Map(), written, remotes: [] }, new AbortController().signal);
}

async function byKustomize(files: Files, folder = ''): Promise<string> {
  const { kubectl } = await rigPrograms();
  const root = mkdtempSync(path.join(tmpdir(), 'plain-build-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), text);
    }
    const args = ['kustomize', path.join(root, folder), '--load-restrictor', 'LoadRestrictionsNone'];
    const { code, stdout, stderr } = await runTool(kubectl, args, { env: { HOME: root } });
    return code === 0 ? stdout : `kustomize refuses: ${stderr}`;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const listing = (...resources: string[]): string =>
  `resources:\n${resources.map((one) => `- ${one}\n`).join('')}`;

function single(text: string, more = ''): Files {
  return { 'kustomization.yaml': listing('a.yaml') + more, 'a.yaml': text };
}

const everyKind = [
  ...['Namespace', 'ConfigMap', 'Secret', 'Service', 'ServiceAccount', 'LimitRange', 'PersistentVolume'].map(
    (kind) => object('v1', kind, `a-${kind.toLowerCase()}`),
  ),
  ...['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].map((kind) => object('apps/v1', kind, 'app')),
  ...['ClusterRole', 'Role'].map((kind) => object('rbac.authorization.k8s.io/v1', kind, 'reader')),
  object('batch/v1', 'CronJob', 'nightly'),
  object('networking.k8s.io/v1', 'Ingress', 'web'),
  object('storage.k8s.io/v1', 'StorageClass', 'fast'),
  object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'hook'),
  object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'hook'),
  object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'app'),
  object('source.toolkit.fluxcd.io/v1', 'HelmRepository', 'apps'),
  object('example.com/v1alpha1', 'Widget', 'w2', 'b'),
  object('example.com/v1alpha1', 'Widget', 'w1', 'c'),
  object('example.com/v1alpha1', 'Widget', 'w3'),
  object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'widgets.example.com'),
  object('policy/v1', 'PodDisruptionBudget', 'web'),
];
const many = everyKind.map(manifest).join('---\n');
const inNamespace = everyKind
  .filter(({ kind }) => !/^(Namespace|CustomResource|PersistentVolume|.*Configuration)/.test(kind))
  .map(manifest)
  .join('---\n');

describe('builds without kustomize are byte for byte its own', () => {
  it.each<[string, Files, string?]>([
    ['objects of all ranks, in its order', single(many)],
    [
      'objects in several files, in another order',
      {
        'kustomization.yaml': listing('b.yaml', './a.yaml'),
        'a.yaml':
          manifest(object('v1', 'Service', 'b', 'x')) + '---\n' + manifest(object('v1', 'Service', 'a', 'z')),
        'b.yaml': manifest(object('v1', 'Service', 'c')) + '---\n' + manifest(object('v1', 'Service', 'b')),
      },
    ],
    ['objects in a namespace of the kustomization file', single(inNamespace, 'namespace: team-a\n')],
    [
      'objects that move to another namespace',
      single(manifest(object('v1', 'Secret', 'a', 'old')), 'namespace: new\n'),
    ],
    [
      'folders of folders',
      {
        'apps/kustomization.yaml': listing('web', '../shared/', 'x.yaml'),
        'apps/x.yaml': manifest(object('v1', 'ConfigMap', 'x')),
        'apps/web/kustomization.yml': `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n${listing('w.yaml')}`,
        'apps/web/w.yaml': manifest(object('apps/v1', 'Deployment', 'web')),
        'shared/Kustomization': listing('s.yaml'),
        'shared/s.yaml': manifest(object('v1', 'Secret', 's')),
      },
      'apps',
    ],
    ['references to what is in the same build', single(bodies.references)],
    ['subjects that name their namespace', single(bodies.completeSubjects)],
    [
      'empty documents and comments',
      single(`# first\n---\n---\n# second\n${manifest(object('v1', 'Secret', 'a'))}---\n`),
    ],
    [
      'JSON',
      single('{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "labels": {"b": "1"}}}\n'),
    ],
    ['time stamps that generators leave', single(bodies.creationTimestamp)],
  ])('%s', async (_what, files, folder) => {
    const built = await plainly(files, folder);
    expect(built).toBeDefined();
    expect(built).toBe(await byKustomize(files, folder));
  });

  it('thousands of generated objects', async () => {
    const candidates = fc.sample(generatedBody, { numRuns: 12_000, seed: 11 });
    const accepted = candidates
      .map(
        (body, index) =>
          `apiVersion: ${index % 3 ? 'v1' : 'x.io/v1'}\nkind: ${index % 3 ? 'ConfigMap' : 'Thing'}\nmetadata:\n  name: n${index}\n${body}`,
      )
      .filter((text) => {
        const values = readEverydayYaml(text);
        return values?.length === 1 && isPlainObject(values[0]);
      });
    expect(accepted.length).toBeGreaterThan(2_000);
    for (let start = 0; start < accepted.length; start += 500) {
      const text = accepted.slice(start, start + 500).join('---\n');
      const files = single(text, start % 1_000 ? 'namespace: apps\n' : '');
      expect(await plainly(files)).toBe(await byKustomize(files));
    }
  });
});

describe('left to kustomize', () => {
  const one = manifest(object('v1', 'ConfigMap', 'a'));
  it.each<[string, Files]>([
    ['a transformer', single(one, 'namePrefix: x-\n')],
    ['a generator', single(one, 'configMapGenerator: [{name: b, literals: [c=d]}]\n')],
    [
      'a namespace of an inner folder',
      {
        'kustomization.yaml': listing('in'),
        'in/kustomization.yaml': `${listing('a.yaml')}namespace: x\n`,
        'in/a.yaml': one,
      },
    ],
    ['an empty list', { 'kustomization.yaml': 'resources: []\n' }],
    ['a component', single(one, 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n')],
    ['another apiVersion', single(one, 'apiVersion: kustomize.config.k8s.io/v1\n')],
    ['a file that is not there', { 'kustomization.yaml': listing('a.yaml') }],
    ['a folder without a kustomization file', { 'kustomization.yaml': listing('in'), 'in/a.yaml': one }],
    ['two kustomization files', { ...single(one), Kustomization: listing('a.yaml') }],
    [
      'a folder that leads to itself',
      { 'kustomization.yaml': listing('in'), 'in/kustomization.yaml': listing('..') },
    ],
    ['the same object twice', single(`${one}---\n${one}`)],
    ['the same file twice', { 'kustomization.yaml': listing('a.yaml', './a.yaml'), 'a.yaml': one }],
    [
      'the same object in two namespaces that become one',
      single(
        `${manifest(object('v1', 'Secret', 'a', 'x'))}---\n${manifest(object('v1', 'Secret', 'a', 'y'))}`,
        'namespace: z\n',
      ),
    ],
    [
      'the default namespace, named and not',
      single(`${one}---\n${manifest(object('v1', 'ConfigMap', 'a', 'default'))}`),
    ],
    [
      'a list',
      single(`apiVersion: v1\nkind: List\nitems:\n- ${JSON.stringify(object('v1', 'ConfigMap', 'a'))}\n`),
    ],
    ['an object without a name', single('apiVersion: v1\nkind: ConfigMap\n')],
    ['an object without a kind', single('apiVersion: v1\nmetadata:\n  name: a\n')],
    ['a name that is a number', single('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "12"\n')],
    [
      'labels that are no texts',
      single('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {b: 1}\n'),
    ],
    [
      'annotations of its own',
      single(
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    config.kubernetes.io/local-config: "true"\n',
      ),
    ],
    [
      'empty annotations',
      single('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: {}\n'),
    ],
    ['nulls', single('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n')],
    ['subjects that get a namespace', single(bodies.incompleteSubjects)],
    ['a Namespace that would be renamed', single(manifest(object('v1', 'Namespace', 'a')), 'namespace: b\n')],
    ['a binding in a namespace', single(bodies.completeSubjects, 'namespace: b\n')],
    ['references of another form than the schema has', single(bodies.malformedReference)],
    ['anchors', single('apiVersion: v1\nkind: ConfigMap\nmetadata: &m\n  name: a\n')],
    ['Windows line ends', single(one.replaceAll('\n', '\r\n'))],
    [
      'keys whose order depends on the way they are sorted',
      single(`${one}data:\n  a10: x\n  a1b: x\n  a9: x\n`),
    ],
    ['what is no YAML', single('apiVersion: v1\n  kind: x\n')],
  ])('%s', async (_what, files) => expect(await plainly(files)).toBeUndefined());
});

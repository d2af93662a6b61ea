import { afterEach, describe, expect, it } from 'vitest';
import { KustomizationSpec } from '@flotilla/common/api/kustomization';
import { artifactFixture, type ArtifactFixture } from './artifact-fixture.js';
import { findBuildFolder } from './artifact-path.js';
import type { EntryFile } from './closure.js';
import { makeEntryFile } from './make-entry-file.js';

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n';
const type = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' };
let artifact: ArtifactFixture | undefined;
afterEach(() => artifact?.remove());

async function entryOf(
  files: Record<string, string>,
  spec: Record<string, unknown> = {},
): Promise<EntryFile> {
  artifact = artifactFixture({ 'apps/.keep': '', ...files });
  const sourceRef = { kind: 'GitRepository', name: 'fleet' };
  const parsed = KustomizationSpec.parse({ interval: '1m', prune: true, sourceRef, path: 'apps', ...spec });
  const folder = await findBuildFolder(artifact.root, parsed.path ?? '');
  if (!folder) throw new Error('no such folder');
  return await makeEntryFile(artifact.root, folder, parsed);
}

describe('a folder without a kustomization file (flux-compat 3.3)', () => {
  it('lists YAML files recursively and sub-folders with a kustomization file, in lexical order', async () => {
    const entry = await entryOf({
      'apps/z.yml': configMap,
      'apps/b/deep/c.yaml': `${configMap}---\n---\n# nothing\n---\n${configMap}`,
      'apps/a/Kustomization': 'resources: [ignored.yaml]',
      'apps/a/broken.yaml': 'not: [an object',
      'apps/readme.md': '# text',
    });

    expect(entry).toEqual({
      path: 'apps/kustomization.yaml',
      content: { ...type, resources: ['./a', './b/deep/c.yaml', './z.yml'] },
      edited: true,
    });
  });

  it('builds nothing when there is nothing', async () => {
    const entry = await entryOf({ 'apps/readme.md': '# text' });

    expect(entry.content).toEqual({ ...type, namespace: '_placeholder' });
  });

  it.each([
    ['a document that is no mapping', '- a\n', 'document 1: not a Kubernetes object'],
    ['a document without a kind', 'replicas: 2\n', 'document 1: missing kind'],
    [
      'a second document without a name',
      `${configMap}---\nkind: Service\n`,
      'document 2: missing metadata.name in object of kind Service',
    ],
    ['text that is not YAML', 'a: [\n', 'document 1, line'],
  ])('refuses %s and names the file', async (_title, text, reason) => {
    await expect(entryOf({ 'apps/x/values.yaml': text })).rejects.toThrow(
      `failed to decode Kubernetes YAML from apps/x/values.yaml: ${reason}`,
    );
  });
});

describe('the fields of the spec in an existing kustomization file (flux-compat 3.3)', () => {
  const rows: Array<
    [title: string, file: string, spec: Record<string, unknown>, content: Record<string, unknown>]
  > = [
    ['nothing asked: the file stays', 'resources: [a.yaml]', {}, { resources: ['a.yaml'] }],
    [
      'targetNamespace overrides namespace',
      'resources: [a]\nnamespace: old',
      { targetNamespace: 'new' },
      { resources: ['a'], namespace: 'new' },
    ],
    [
      'namePrefix and nameSuffix override',
      'resources: [a]\nnamePrefix: old-',
      { namePrefix: 'p-', nameSuffix: '-s' },
      { resources: ['a'], namePrefix: 'p-', nameSuffix: '-s' },
    ],
    [
      'patches are appended',
      'resources: [a]\npatches: [{path: p.yaml}]',
      { patches: [{ patch: 'x', target: { kind: 'Deployment' } }] },
      { resources: ['a'], patches: [{ path: 'p.yaml' }, { patch: 'x', target: { kind: 'Deployment' } }] },
    ],
    [
      'components are appended',
      'resources: [a]\ncomponents: [one]',
      { components: ['../two'] },
      { resources: ['a'], components: ['one', '../two'] },
    ],
    [
      'an image is added',
      'resources: [a]',
      { images: [{ name: 'app', newTag: '2' }] },
      { resources: ['a'], images: [{ name: 'app', newTag: '2' }] },
    ],
    [
      'an image is merged field by field',
      'resources: [a]\nimages: [{name: app, newName: other, newTag: "1"}]',
      { images: [{ name: 'app', newTag: '2' }] },
      { resources: ['a'], images: [{ name: 'app', newName: 'other', newTag: '2' }] },
    ],
    [
      'a digest drops the tag of the file',
      'resources: [a]\nimages: [{name: app, newTag: "1"}]',
      { images: [{ name: 'app', digest: 'sha256:0' }] },
      { resources: ['a'], images: [{ name: 'app', digest: 'sha256:0' }] },
    ],
    [
      'a tag drops the digest of the file',
      'resources: [a]\nimages: [{name: app, digest: "sha256:0"}]',
      { images: [{ name: 'app', newTag: '2' }] },
      { resources: ['a'], images: [{ name: 'app', newTag: '2' }] },
    ],
    [
      'a new name keeps the tag of the file',
      'resources: [a]\nimages: [{name: app, newTag: "1"}]',
      { images: [{ name: 'app', newName: 'other' }] },
      { resources: ['a'], images: [{ name: 'app', newTag: '1', newName: 'other' }] },
    ],
    [
      'buildMetadata replaces',
      'resources: [a]\nbuildMetadata: [managedByLabel]',
      { buildMetadata: ['originAnnotations'] },
      { resources: ['a'], buildMetadata: ['originAnnotations'] },
    ],
    ['an empty file still builds', '', {}, { buildMetadata: ['originAnnotations'] }],
    [
      'a file with empty resources still builds',
      `apiVersion: ${type.apiVersion}\nkind: Kustomization\nresources: []\n`,
      {},
      { ...type, resources: [], buildMetadata: ['originAnnotations'] },
    ],
    [
      'a file with only a generator gets no annotations',
      'configMapGenerator: [{name: a}]',
      {},
      { configMapGenerator: [{ name: 'a' }] },
    ],
  ];

  it.each(rows)('%s', async (_title, file, spec, content) => {
    const entry = await entryOf({ 'apps/kustomization.yml': file }, spec);

    expect(entry.path).toBe('apps/kustomization.yml');
    expect(entry.content).toEqual(content);
    expect(entry.edited).toBe(Object.keys(spec).length > 0 || 'buildMetadata' in content);
  });
});

describe('components of the spec (flux-compat 3.3)', () => {
  it.each(['/abs', 'https://example.com/c', 'git@example.com:org/repo.git', ''])(
    'refuses %s',
    async (component) => {
      await expect(
        entryOf({ 'apps/kustomization.yaml': 'resources: [a]' }, { components: [component] }),
      ).rejects.toThrow(`component path '${component}' must be local and relative`);
    },
  );

  it('leaves out missing ones when ignoreMissingComponents is set', async () => {
    const files = { 'apps/kustomization.yaml': 'resources: [a]', 'apps/here/kustomization.yaml': '' };
    const entry = await entryOf(files, { components: ['here', 'gone'], ignoreMissingComponents: true });

    expect(entry.content).toEqual({ resources: ['a'], components: ['here'] });
  });
});

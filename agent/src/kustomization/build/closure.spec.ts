import { afterEach, describe, expect, it } from 'vitest';
import { KustomizationSpec } from '@flotilla/common/api/kustomization';
import { artifactFixture, type ArtifactFixture } from './artifact-fixture.js';
import { findBuildFolder } from './artifact-path.js';
import { findClosure, type Closure } from './closure.js';
import { makeEntryFile } from './make-entry-file.js';

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n';
let artifact: ArtifactFixture | undefined;
afterEach(() => artifact?.remove());

const sourceRef = { kind: 'GitRepository', name: 'fleet' };

async function closureOf(
  files: Record<string, string>,
  spec: Record<string, unknown> = {},
  noRemoteBases = false,
): Promise<Closure> {
  artifact?.remove();
  artifact = artifactFixture(files);
  const parsed = KustomizationSpec.parse({ interval: '1m', prune: true, sourceRef, ...spec });
  const folder = await findBuildFolder(artifact.root, parsed.path ?? '');
  if (!folder) throw new Error('no such folder');
  const entry = await makeEntryFile(artifact.root, folder, parsed);
  return await findClosure({ root: artifact.root, entry, noRemoteBases });
}

async function filesOf(files: Record<string, string>, spec: Record<string, unknown> = {}): Promise<string[]> {
  const closure = await closureOf(files, spec);
  return [...closure.files.keys(), ...closure.written.keys()].sort();
}

describe('the closure of a build holds every file that a field names', () => {
  const rows: Array<[field: string, kustomization: string, others: string[]]> = [
    ['resources', 'resources: [a.yaml, ./b.yaml]', ['a.yaml', 'b.yaml']],
    ['resources as folder', 'resources: [base]', ['base/kustomization.yaml', 'base/x.yaml']],
    ['bases', 'bases: [base]', ['base/kustomization.yaml', 'base/x.yaml']],
    ['components', 'components: [base]', ['base/kustomization.yaml', 'base/x.yaml']],
    ['crds', 'crds: [a.yaml]', ['a.yaml']],
    ['configurations', 'configurations: [a.yaml]', ['a.yaml']],
    ['openapi', 'openapi: {path: schema.json}', ['schema.json']],
    ['patches', 'patches: [{path: a.yaml}, {patch: "kind: X"}]', ['a.yaml']],
    ['patchesStrategicMerge', 'patchesStrategicMerge: [a.yaml, "kind: X"]', ['a.yaml']],
    ['patchesJson6902', 'patchesJson6902: [{path: a.yaml, target: {kind: X, name: y}}]', ['a.yaml']],
    ['replacements', 'replacements: [{path: a.yaml}]', ['a.yaml']],
    [
      'configMapGenerator files',
      'configMapGenerator: [{name: m, files: [a.yaml, key=b.yaml]}]',
      ['a.yaml', 'b.yaml'],
    ],
    [
      'configMapGenerator envs',
      'configMapGenerator: [{name: m, envs: [a.env], env: b.env}]',
      ['a.env', 'b.env'],
    ],
    ['secretGenerator', 'secretGenerator: [{name: m, files: [a.yaml]}]', ['a.yaml']],
    ['generators', 'generators: [a.yaml]', ['a.yaml']],
    ['transformers as folder', 'transformers: [base]', ['base/kustomization.yaml', 'base/x.yaml']],
    ['validators in place', 'validators: ["kind: X\\npath: a.yaml"]', ['a.yaml']],
  ];

  it.each(rows)('%s', async (_field, kustomization, others) => {
    const files: Record<string, string> = {
      'a.yaml': configMap,
      'b.yaml': configMap,
      'a.env': 'A=1',
      'b.env': 'B=1',
      'schema.json': '{}',
      'unused.yaml': configMap,
      'base/kustomization.yaml': 'resources: [x.yaml]',
      'base/x.yaml': configMap,
    };
    const found = await filesOf({ ...files, 'kustomization.yaml': kustomization });

    expect(found).toEqual([...others, 'kustomization.yaml'].sort());
  });

  it('follows the files that the configuration of a built-in transformer names', async () => {
    const found = await filesOf({
      'kustomization.yaml': 'transformers: [t/patch.yaml]',
      't/patch.yaml': 'apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: body.yaml\n',
      'body.yaml': 'kind: X',
    });

    expect(found).toEqual(['body.yaml', 'kustomization.yaml', 't/patch.yaml']);
  });

  it('reaches a base beside the folder through ../', async () => {
    const found = await filesOf(
      {
        'apps/prod/kustomization.yaml': 'resources: [../base]',
        'apps/base/kustomization.yml': 'resources: [x.yaml]',
        'apps/base/x.yaml': configMap,
      },
      { path: './apps/prod' },
    );

    expect(found).toEqual([
      'apps/base/kustomization.yml',
      'apps/base/x.yaml',
      'apps/prod/kustomization.yaml',
    ]);
  });

  it('ends when two folders name each other; kustomize reports the cycle', async () => {
    const found = await filesOf({
      'kustomization.yaml': 'resources: [b]',
      'b/kustomization.yaml': 'resources: [../]',
    });

    expect(found).toEqual(['b/kustomization.yaml', 'kustomization.yaml']);
  });

  it('follows a symbolic link that stays inside the artifact', async () => {
    const found = await filesOf({
      'kustomization.yaml': 'resources: [link.yaml]',
      'link.yaml': '-> real/a.yaml',
      'real/a.yaml': configMap,
    });

    expect(found).toEqual(['kustomization.yaml', 'link.yaml']);
  });
});

describe('what a build must not read is refused with file and field', () => {
  const rows: Array<[title: string, files: Record<string, string>, message: string]> = [
    [
      'a path that leaves by ..',
      { 'kustomization.yaml': 'resources: [../../etc/passwd]' },
      'kustomization.yaml: resources[0] "../../etc/passwd" is outside the artifact: the path leads out of the artifact',
    ],
    [
      'an absolute path',
      { 'kustomization.yaml': 'configMapGenerator: [{name: x, files: [k=/etc/passwd]}]' },
      'kustomization.yaml: configMapGenerator[0].files[0] "/etc/passwd" is outside the artifact: absolute paths are outside the artifact',
    ],
    [
      'a symbolic link that leaves',
      { 'kustomization.yaml': 'resources: [x.yaml]', 'x.yaml': '-> /etc/hostname' },
      'kustomization.yaml: resources[0] "x.yaml" is outside the artifact: a symbolic link leads out of the artifact',
    ],
    [
      'a folder behind a link that leaves',
      { 'kustomization.yaml': 'resources: [x/hostname]', x: '-> /etc' },
      'kustomization.yaml: resources[0] "x/hostname" is outside the artifact: a symbolic link leads out of the artifact',
    ],
    [
      'a plug-in configuration that names a file outside',
      {
        'kustomization.yaml': 'transformers: [t.yaml]',
        't.yaml': 'kind: PatchTransformer\npath: /etc/passwd',
      },
      'kustomization.yaml: transformers[0].path "/etc/passwd" is outside the artifact: absolute paths are outside the artifact',
    ],
    [
      'a file that is missing',
      { 'kustomization.yaml': 'resources: [base]', 'base/kustomization.yaml': 'patches: [{path: p.yaml}]' },
      'base/kustomization.yaml: patches[0].path "p.yaml" does not exist',
    ],
    [
      'a folder without a kustomization file',
      { 'kustomization.yaml': 'resources: [base]', 'base/a.yaml': configMap },
      'kustomization.yaml: resources[0] "base" is a folder without a kustomization file',
    ],
    [
      'a kustomization file that is not YAML',
      { 'kustomization.yaml': 'resources: [base]', 'base/kustomization.yaml': 'a: [' },
      'invalid kustomization file base/kustomization.yaml: document 1, line',
    ],
    [
      'a remote base over SSH, for which a build has no key',
      { 'kustomization.yaml': 'resources: ["ssh://git@example.com/org/repo"]' },
      'kustomization.yaml: resources[0] "ssh://git@example.com/org/repo" is reached over SSH, for which a build has no key; use https',
    ],
    [
      'a repository on the disk of the agent',
      { 'kustomization.yaml': 'resources: ["file:///var/lib/git/x"]' },
      'kustomization.yaml: resources[0] "file:///var/lib/git/x" is on the disk of the agent',
    ],
    [
      'a local file with the name of a repository where only a file can be',
      { 'kustomization.yaml': 'patches: [{path: github.com/org/repo/p.yaml}]' },
      'kustomization.yaml: patches[0].path "github.com/org/repo/p.yaml" does not exist',
    ],
  ];

  it.each(rows)('%s', async (_title, files, message) => {
    await expect(closureOf(files)).rejects.toThrow(message);
  });
});

describe('remote bases', () => {
  const remotes: Array<[what: string, kustomization: string, remote: string]> = [
    ['a repository', 'resources: ["https://example.com/org/x?ref=1"]', 'https://example.com/org/x?ref=1'],
    ['a repository without a scheme', 'resources: [github.com/org/x//base]', 'github.com/org/x//base'],
    ['a component', 'components: ["https://example.com/org/x"]', 'https://example.com/org/x'],
    ['a file on a web server', 'resources: ["https://example.com/a.yaml"]', 'https://example.com/a.yaml'],
    ['a patch on a web server', 'patches: [{path: "http://example.com/p"}]', 'http://example.com/p'],
    [
      'a file of a generator on a web server',
      'configMapGenerator: [{name: x, files: ["k=https://example.com/k"]}]',
      'https://example.com/k',
    ],
  ];

  it.each(remotes)('%s is known to be fetched', async (_what, kustomization, remote) => {
    const closure = await closureOf({ 'kustomization.yaml': kustomization });

    expect(closure.remotes).toEqual([remote]);
  });

  it.each(remotes)('%s is refused with --no-remote-bases', async (_what, kustomization, remote) => {
    const files = { 'kustomization.yaml': kustomization };

    await expect(closureOf(files, {}, true)).rejects.toThrow(
      `"${remote}" is not a local path, and remote bases are disabled (--no-remote-bases); copy the files into the source`,
    );
  });

  it.each<[string, Record<string, string>]>([
    ['the web', { 'kustomization.yaml': 'resources: ["https://h/a.yaml"]', 'https:/h/a.yaml': configMap }],
    [
      'a repository',
      {
        'kustomization.yaml': 'resources: [github.com/org/x]',
        'github.com/org/x/kustomization.yaml': 'resources: []',
      },
    ],
  ])('a local path does not hide that kustomize asks %s', async (_what, files) => {
    await expect(closureOf(files, {}, true)).rejects.toThrow('remote bases are disabled');
  });

  it('a local file comes before a repository of that name', async () => {
    const files = {
      'kustomization.yaml': 'resources: [github.com/org/x.yaml]',
      'github.com/org/x.yaml': configMap,
    };
    const closure = await closureOf(files, {}, true);

    expect(closure.remotes).toEqual([]);
    expect([...closure.files.keys()]).toContain('github.com/org/x.yaml');
  });

  it('messages show no password of an address', async () => {
    const files = { 'kustomization.yaml': 'resources: ["https://me:t0ken@example.com/org/x"]' };

    await expect(closureOf(files, {}, true)).rejects.toThrow('"https://me:***@example.com/org/x"');
  });
});

describe('the digest of a closure', () => {
  const files = {
    'apps/kustomization.yaml': 'resources: [a.yaml]',
    'apps/a.yaml': configMap,
    'other/b.yaml': configMap,
  };
  const spec = { path: 'apps' };

  it('stays when a file changes that the build does not read', async () => {
    const before = await closureOf(files, spec);
    const after = await closureOf({ ...files, 'other/b.yaml': 'changed', 'apps/new.yaml': configMap }, spec);

    expect(after.digest).toBe(before.digest);
  });

  it.each<[string, Record<string, string>, Record<string, unknown>]>([
    ['a file that the build reads', { 'apps/a.yaml': `${configMap}data: {}\n` }, {}],
    ['the kustomization file', { 'apps/kustomization.yaml': 'resources: [./a.yaml]' }, {}],
    ['a field of the spec that is written into it', {}, { namePrefix: 'x-' }],
    ['a second kustomization file', { 'apps/Kustomization': '' }, {}],
  ])('moves with %s', async (_what, changed, fields) => {
    const before = await closureOf(files, spec);
    const after = await closureOf({ ...files, ...changed }, { ...spec, ...fields });

    expect(after.digest).not.toBe(before.digest);
  });
});

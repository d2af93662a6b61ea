import { afterEach, describe, expect, it } from 'vitest';
import { KustomizationSpec } from '@flotilla/common/api/kustomization';
import { artifactFixture, type ArtifactFixture } from '../build/artifact-fixture.js';
import { findBuildFolder } from '../build/artifact-path.js';
import { findClosure, type Closure } from '../build/closure.js';
import { makeEntryFile } from '../build/make-entry-file.js';
import { findEncryptableFiles } from './encryptable-files.js';

let artifact: ArtifactFixture | undefined;
afterEach(() => artifact?.remove());

async function closureOf(
  files: Record<string, string>,
  spec: Record<string, unknown> = {},
): Promise<Closure> {
  artifact = artifactFixture(files);
  const { root } = artifact;
  const sourceRef = { kind: 'GitRepository', name: 'fleet' };
  const parsed = KustomizationSpec.parse({ interval: '1m', prune: true, sourceRef, ...spec });
  const folder = await findBuildFolder(root, parsed.path ?? '');
  return await findClosure({ root, entry: await makeEntryFile(root, folder!, parsed), noRemoteBases: true });
}

describe('findEncryptableFiles (flux-compat 3.4)', () => {
  it('finds sources of Secret generators in the format of their keys, and files of patches', async () => {
    const closure = await closureOf({
      'kustomization.yaml': [
        'secretGenerator:',
        '- name: a',
        '  files: [plain.txt, conf/app.yaml, key.json=other.txt, .dockerconfigjson=docker]',
        '  envs: [vars, more.env, vars.yaml]',
        '- name: b',
        '  env: old.ini',
        'configMapGenerator:',
        '- name: c',
        '  files: [open.yaml]',
        'patches:',
        '- path: patch.yaml',
        '- patch: "[]"',
        '  target: {kind: Secret}',
        '- path: patch.json',
      ].join('\n'),
      ...Object.fromEntries(
        [
          'plain.txt',
          'conf/app.yaml',
          'other.txt',
          'docker',
          'vars',
          'more.env',
          'vars.yaml',
          'old.ini',
          'open.yaml',
          'patch.yaml',
          'patch.json',
        ].map((file) => [file, 'x']),
      ),
    });
    expect(await findEncryptableFiles(closure)).toEqual([
      { path: 'plain.txt', format: 'binary' },
      { path: 'conf/app.yaml', format: 'yaml' },
      { path: 'other.txt', format: 'json' },
      { path: 'docker', format: 'json' },
      { path: 'vars', format: 'dotenv' },
      { path: 'more.env', format: 'dotenv' },
      { path: 'vars.yaml', format: 'yaml' },
      { path: 'old.ini', format: 'ini' },
      { path: 'patch.yaml', format: 'yaml' },
      { path: 'patch.json', format: 'json' },
    ]);
  });

  it('follows resources and components, also those of the spec, and counts a file once', async () => {
    const generator = (file: string): string => `secretGenerator: [{name: a, files: [${file}]}]\n`;
    const closure = await closureOf(
      {
        'apps/web/kustomization.yml': `resources: [../base/, web.yaml]\n${generator('../shared.env')}`,
        'apps/web/web.yaml': 'kind: x',
        'apps/base/Kustomization': `components: [../part]\n${generator('x=../shared.env')}`,
        'apps/part/kustomization.yaml': `kind: Component\n${generator('deep.json')}`,
        'apps/part/deep.json': '{}',
        'apps/extra/kustomization.yaml': `kind: Component\n${generator('extra.yaml')}`,
        'apps/extra/extra.yaml': 'x',
        'apps/shared.env': 'A=b',
      },
      { path: './apps/web', components: ['../extra'] },
    );
    const found = await findEncryptableFiles(closure);
    expect(found.map(({ path, format }) => `${path} ${format}`)).toEqual([
      'apps/shared.env dotenv',
      'apps/part/deep.json json',
      'apps/extra/extra.yaml yaml',
    ]);
  });

  it('finds nothing in a folder without a kustomization file', async () => {
    const object = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n';
    expect(await findEncryptableFiles(await closureOf({ 'a.yaml': object }))).toEqual([]);
  });
});

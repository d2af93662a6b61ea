import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KustomizationSpec } from '@flotilla/common/api/kustomization';
import { parseObjects } from '@flotilla/common/yaml/objects';
import { runProgram } from '@flotilla/agent/exec/run-program';
import { Builder, type Built } from '@flotilla/agent/kustomization/build/builder';
import { RenderCache } from '@flotilla/agent/kustomization/build/render-cache';
import { systemClock } from '@flotilla/agent/runtime/clock';
import { startGitServer } from '../servers/git-server.js';
import { rigPrograms } from '../servers/programs.js';
import { configMap, deployment } from './kustomization-rig.js';

let folder: string;
let builds: number;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'build-')));
  builds = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function openBuilder(): Promise<Builder> {
  const { kubectl } = await rigPrograms();
  return new Builder({
    run: runProgram,
    counts: {
      building: () => {
        builds += 1;
        return () => {};
      },
      renderCacheHit: () => {},
    },
    cache: await RenderCache.open(path.join(folder, 'cache'), 1_000_000, systemClock),
    workFolder: path.join(folder, 'work'),
    kustomizePath: '',
    searchPath: path.dirname(kubectl),
    noRemoteBases: false,
    maxOutputBytes: 10_000_000,
    maxFetchBytes: 10_000_000,
  });
}

async function build(files: Record<string, string>, spec: Record<string, unknown> = {}): Promise<string> {
  return (await buildOnce(files, spec)).yaml;
}

async function failureOf(files: Record<string, string>, timeoutMs?: number): Promise<string> {
  return await buildOnce(files, {}, timeoutMs).then(
    () => '',
    (error: unknown) => (error as Error).message,
  );
}

async function buildOnce(
  files: Record<string, string>,
  spec: Record<string, unknown> = {},
  timeoutMs = 30_000,
): Promise<Built> {
  const root = path.join(folder, 'artifact');
  rmSync(root, { recursive: true, force: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  const builder = await openBuilder();
  const sourceRef = { kind: 'GitRepository', name: 'fleet' };
  const plan = await builder.plan(
    root,
    KustomizationSpec.parse({ interval: '1m', prune: true, sourceRef, ...spec }),
  );
  return await builder.build(plan, { timeoutMs, signal: new AbortController().signal });
}

const namesOf = (yaml: string): string[] =>
  parseObjects(yaml).map(({ kind, metadata }) => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`);

describe('the real kustomize builds', () => {
  it('an overlay of a base beside it, with all that the spec adds', async () => {
    const yaml = await build(
      {
        'base/kustomization.yaml':
          'resources: [web.yaml]\nconfigMapGenerator: [{name: files, files: [conf/app.ini]}]\n',
        'base/conf/app.ini': 'a=1',
        'base/web.yaml': deployment('x', 'web', 'registry.example.com/app:1'),
        'overlay/kustomization.yml': 'resources: [../base]\nnamePrefix: old-\n',
      },
      {
        path: './overlay',
        targetNamespace: 'apps',
        namePrefix: 'dev-',
        images: [{ name: 'registry.example.com/app', newTag: '2' }],
        patches: [
          {
            patch: '[{"op": "replace", "path": "/spec/replicas", "value": 3}]',
            target: { kind: 'Deployment' },
          },
        ],
      },
    );

    expect(namesOf(yaml)).toEqual([
      expect.stringMatching(/^ConfigMap\/apps\/dev-files-/),
      'Deployment/apps/dev-web',
    ]);
    expect(yaml).toContain('image: registry.example.com/app:2');
    expect(yaml).toContain('replicas: 3');
  });

  it('a folder of plain manifests', async () => {
    const yaml = await build({
      'a.yaml': configMap('n', 'a'),
      'sub/b.yml': `${configMap('n', 'b')}\n---\n${configMap('n', 'c')}`,
    });

    expect(namesOf(yaml)).toEqual(['ConfigMap/n/a', 'ConfigMap/n/b', 'ConfigMap/n/c']);
  });

  it.each([
    ['an empty folder', { 'apps/readme.md': '' }],
    ['an empty kustomization file', { 'apps/kustomization.yaml': '' }],
    ['empty resources', { 'apps/kustomization.yaml': 'resources: []\n' }],
  ])('%s to nothing', async (_title, files) => {
    expect(await build(files, { path: 'apps' })).toBe('');
  });

  it('the same inputs once, also in the next process', async () => {
    const files = { 'apps/a.yaml': configMap('n', 'a'), 'other/b.yaml': configMap('n', 'b') };
    const first = await build(files, { path: 'apps' });
    const second = await build({ ...files, 'other/b.yaml': configMap('n', 'changed') }, { path: 'apps' });

    expect(second).toBe(first);
    expect(builds).toBe(1);
  });
});

describe('remote bases', () => {
  /** What a web server was asked for, with the headers. */
  async function startWeb(texts: Record<string, string>) {
    const seen: IncomingHttpHeaders[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers);
      const text = texts[request.url ?? ''];
      response.writeHead(text === undefined ? 404 : 200).end(text ?? 'not here');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { url, texts, seen, stop: () => server.close() };
  }

  it('reads manifests, patches and values from web servers anew for each build', async () => {
    const web = await startWeb({
      '/a.yaml': configMap('n', 'a'),
      '/patch': '[{"op": "add", "path": "/metadata/labels", "value": {"from": "afar"}}]',
      '/value': 'first',
    });
    const files = {
      'kustomization.yaml': JSON.stringify({
        resources: [`${web.url}/a.yaml`],
        patches: [{ path: `${web.url}/patch`, target: { kind: 'ConfigMap', name: 'a' } }],
        configMapGenerator: [{ name: 'b', files: [`value=${web.url}/value`] }],
      }),
    };
    const first = await build(files);
    web.texts['/value'] = 'second';
    const second = await build(files);
    web.stop();

    expect(first).toContain('from: afar');
    expect(first).toContain('value: first');
    expect(second).toContain('value: second');
    expect(web.seen.some(({ authorization, cookie }) => authorization || cookie)).toBe(false);
  });

  it('builds a repository, with the same key for the same output', async () => {
    const git = await startGitServer();
    const base = await git.createRepository('base');
    await base.commit({
      'app/kustomization.yaml': 'resources: [a.yaml]\n',
      'app/a.yaml': configMap('n', 'a'),
    });
    const files = { 'kustomization.yaml': `resources: ["${base.url}//app"]\n` };
    const one = await buildOnce(files);
    const same = await buildOnce(files);
    await base.commit({ 'app/a.yaml': configMap('n', 'b') });
    const moved = await buildOnce(files);
    await git.stop();

    expect(namesOf(one.yaml)).toEqual(['ConfigMap/n/a']);
    expect(namesOf(moved.yaml)).toEqual(['ConfigMap/n/b']);
    expect(same.key).toBe(one.key);
    expect(moved.key).not.toBe(one.key);
    expect(builds).toBe(3);
    expect(readdirSync(path.join(folder, 'work'))).toEqual([]);
  });

  it('a .gitconfig of the repository that is built is not read', async () => {
    const git = await startGitServer();
    const base = await git.createRepository('base');
    await base.commit({ 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': configMap('n', 'a') });
    const yaml = await build({
      '.gitconfig': '[url "http://127.0.0.1:1/"]\n  insteadOf = http://\n',
      'kustomization.yaml': `resources: ["${base.url}"]\nconfigMapGenerator: [{name: g, files: [.gitconfig]}]\n`,
    });
    await git.stop();

    expect(namesOf(yaml)).toContain('ConfigMap/n/a');
  });

  it.each([
    [
      'a server that wants credentials',
      { auth: { username: 'me', password: 'other' } },
      /Authentication failed|could not read/,
    ],
    ['a repository that is not there', {}, /not found/],
  ])(
    '%s: the message tells it, without the password and always in the same words',
    async (_what, options, message) => {
      const git = await startGitServer(options);
      const url = `${git.url.replace('//', '//me:t0p-s3cret@')}/a/base.git`;
      const files = { 'kustomization.yaml': `resources: ["${url}"]\n` };
      const texts = [await failureOf(files), await failureOf(files)];
      await git.stop();

      expect(texts[0]).toMatch(message);
      expect(texts[0]).not.toContain('t0p-s3cret');
      expect(texts[1]).toBe(texts[0]);
    },
  );

  it.each([
    ['asked for a file', '', /could not be read within 1500 ms/],
    ['asked for a repository', 'git::', /did not finish within 1500 ms/],
  ])('a server that does not answer when %s ends at the deadline', async (_what, prefix, message) => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `${prefix}http://127.0.0.1:${(server.address() as AddressInfo).port}/org/base.git`;
    const text = await failureOf({ 'kustomization.yaml': `resources: ["${url}"]\n` }, 1_500);
    server.closeAllConnections();
    server.close();

    expect(text).toMatch(message);
    const work = path.join(folder, 'work');
    expect(existsSync(work) ? readdirSync(work) : []).toEqual([]);
  });
});

describe('a build that fails', () => {
  const rows: Array<
    [title: string, files: Record<string, string>, spec: Record<string, unknown>, message: RegExp]
  > = [
    [
      'a path that is not there',
      { 'a.yaml': '' },
      { path: './apps/prod' },
      /^kustomization path not found: stat \.\/apps\/prod: no such file or directory/,
    ],
    [
      'a path that leaves the artifact',
      { 'a.yaml': '' },
      { path: '../../../etc' },
      /^kustomization path not found: stat \.\.\/\.\.\/\.\.\/etc: no such file/,
    ],
    ['a path that is a file', { 'a.yaml': '' }, { path: 'a.yaml' }, /^spec\.path 'a\.yaml' is a file/],
    [
      'a field that kustomize does not know',
      { 'kustomization.yaml': 'resorces: []\n' },
      {},
      /unknown field "resorces"/,
    ],
    [
      'the same object twice',
      {
        'kustomization.yaml': 'resources: [a.yaml, b.yaml]',
        'a.yaml': configMap('n', 'a'),
        'b.yaml': configMap('n', 'a'),
      },
      {},
      /may not add resource with an already registered id/,
    ],
    [
      'Helm inflation',
      { 'kustomization.yaml': 'helmCharts: [{name: x, repo: "https://example.com"}]' },
      {},
      /must specify --enable-helm/,
    ],
    [
      'a plug-in',
      {
        'kustomization.yaml': 'generators: [g.yaml]',
        'g.yaml':
          'apiVersion: example.com/v1\nkind: G\nmetadata:\n  name: g\n  annotations:\n    config.kubernetes.io/function: |\n      exec:\n        path: ./run.sh\n',
      },
      {},
      /external plugins disabled|unable to load|plugin/,
    ],
    [
      'a cycle',
      { 'kustomization.yaml': 'resources: [a]', 'a/kustomization.yaml': 'resources: [../]' },
      {},
      /cycle/,
    ],
  ];

  it.each(rows)('%s', async (_title, files, spec, message) => {
    const error = await build(files, spec).then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );

    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain(folder);
    expect(readdirSync(folder).includes('work') ? readdirSync(path.join(folder, 'work')) : []).toEqual([]);
  });
});

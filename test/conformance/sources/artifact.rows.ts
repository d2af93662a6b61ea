import { readFile, rm, writeFile } from 'node:fs/promises';
import { toolOutput } from '../../servers/tool.js';
import type { Files, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const subject = 'GitRepository';
const file = { 'a.yaml': 'a: 1\n' };

const ignored = (
  behaviour: string,
  files: Files,
  ignore: string | undefined,
  artifact: readonly string[],
): ScenarioRow => ({
  section: '2.3',
  behaviour,
  given: { subject, files, source: ignore === undefined ? {} : { ignore } },
  expect: { ready: 'True', artifact },
});

/** The stored file of the source. */
async function storedFile(world: World): Promise<string> {
  const object = await world.read(world.source);
  const { artifact } = object!.status as { artifact: { path: string } };
  return `${world.rig.storagePath}/${artifact.path}`;
}

const listing = async (world: World): Promise<string[]> =>
  (
    await toolOutput('tar', ['-tzvf', await storedFile(world), '--numeric-owner', '--full-time'], {
      env: { PATH: process.env['PATH'], TZ: 'UTC' },
    })
  )
    .trim()
    .split('\n');

/** The stored artifact, the conditions around it, and what stays out of it (flux-compat 2.1, 2.2 and 2.3). */
export const artifactRows: readonly ScenarioRow[] = [
  {
    section: '2.1',
    behaviour: 'the artifact names digest, path, revision, size, time and address',
    given: { subject, files: file },
    expect: {
      ready: 'True',
      status: {
        artifact: {
          digest: /^sha256:[0-9a-f]{64}$/,
          path: 'gitrepository/<ns>/fleet/<commit>.tar.gz',
          revision: '<revision>',
          url: /^http:\/\/.+\/gitrepository\/<ns>\/fleet\/<commit>\.tar\.gz$/,
          lastUpdateTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
        },
      },
    },
  },
  {
    section: '2.1',
    behaviour: 'the file is served at its address by plain GET, and has the size and digest of the status',
    given: { subject, files: file },
    expect: {
      ready: 'True',
      check: async (_, object) => {
        const { artifact } = object.status as { artifact: { url: string; size: number; digest: string } };
        const body = Buffer.from(await (await fetch(artifact.url)).arrayBuffer());
        const { createHash } = await import('node:crypto');
        const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
        if (body.length !== artifact.size || digest !== artifact.digest)
          throw new Error(`${body.length} ${digest}`);
      },
    },
  },
  {
    section: '2.1',
    behaviour: 'entries have mode 0750, 0600 or 0700, owner 0 and no time, in lexical order',
    given: {
      subject,
      files: { 'b/x.yaml': 'x', 'a.yaml': 'a', 'b/run.sh': '#!/bin/sh\n' },
      before: async ({ repository }) => {
        await repository.git('update-index', '--chmod=+x', 'b/run.sh');
        await repository.git('commit', '--quiet', '--message', 'executable');
        await repository.git('push', '--quiet', 'origin', 'HEAD');
      },
    },
    expect: {
      ready: 'True',
      check: async (world) => {
        const lines = await listing(world);
        const seen = lines.map((line) =>
          line
            .replace(/\s+/g, ' ')
            .replace(/ 0 1970/, ' 1970')
            .split(' '),
        );
        const short = seen.map(
          (parts) => `${parts[0]} ${parts[1]} ${parts[3]} ${parts.at(-1)?.replace(/^\.\//, '')}`,
        );
        const wanted = [
          '-rw------- 0/0 a.yaml',
          'drwxr-x--- 0/0 b',
          '-rwx------ 0/0 b/run.sh',
          '-rw------- 0/0 b/x.yaml',
        ];
        const found = short
          .map((line) => line.split(' '))
          .map((p) => `${p[0]} ${p[1]} ${p.at(-1)?.replace(/\/$/, '')}`);
        const rest = found.filter((line) => !/ \.?$/.test(line));
        if (JSON.stringify(rest) !== JSON.stringify(wanted))
          throw new Error(`${JSON.stringify(found)} of ${lines.join('\n')}`);
        if (!lines.every((line) => line.includes('1970-01-01'))) throw new Error(lines.join('\n'));
      },
    },
  },
  {
    section: '2.1',
    behaviour: 'the same tree gives the same digest',
    given: { subject, files: file },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          const digestOf = async () =>
            ((await world.read(world.source))!.status as { artifact: { digest: string } }).artifact.digest;
          const before = await digestOf();
          world.commit = await world.repository.commit({}, 'nothing');
          await world.request();
          if ((await digestOf()) !== before) throw new Error('the digest moved');
        },
        expect: { ready: 'True', status: { artifact: { revision: '<revision>' } } },
      },
    ],
  },
  {
    section: '2.1',
    behaviour: 'symbolic links are left out',
    given: {
      subject,
      files: file,
      before: async (world) => {
        const { symlink } = await import('node:fs/promises');
        await symlink('a.yaml', `${world.repository.folder}/link.yaml`);
        await world.writeFiles({});
      },
    },
    expect: { ready: 'True', artifact: ['a.yaml'] },
  },
  {
    section: '2.1',
    behaviour: 'a file that has vanished from the storage is made again',
    given: { subject, files: file },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => rm(await storedFile(world)),
        request: true,
        expect: { ready: 'True', artifact: ['a.yaml'] },
      },
    ],
  },
  {
    section: '2.1',
    behaviour: 'a file with another digest is told, removed and made again',
    given: { subject, files: file },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          const path = await storedFile(world);
          await rm(path);
          await writeFile(path, 'damaged');
        },
        request: true,
        expect: {
          ready: 'True',
          artifact: ['a.yaml'],
          events: [
            { reason: 'ArtifactVerificationFailed', message: /^failed to verify integrity of artifact: / },
          ],
          check: async (world) => {
            if ((await readFile(await storedFile(world), 'latin1')) === 'damaged')
              throw new Error('still damaged');
          },
        },
      },
    ],
  },
  {
    section: '2.1',
    behaviour: 'deletion of the source removes its files',
    given: { subject, files: file },
    expect: { ready: 'True' },
    steps: [
      {
        deletes: true,
        expect: {
          check: async (world) => {
            const { readdir } = await import('node:fs/promises');
            const folder = `${world.rig.storagePath}/gitrepository/${world.namespace}/fleet`;
            const left = await readdir(folder).catch(() => []);
            if (left.length > 0) throw new Error(`left: ${left.join()}`);
          },
        },
      },
    ],
  },
  {
    section: '2.2',
    behaviour: 'success: ArtifactInStorage and Ready say the same, the others are absent',
    given: { subject, files: file },
    expect: {
      ready: { status: 'True', reason: 'Succeeded', message: "stored artifact for revision '<revision>'" },
      conditions: {
        ArtifactInStorage: {
          status: 'True',
          reason: 'Succeeded',
          message: "stored artifact for revision '<revision>'",
        },
        Reconciling: null,
        Stalled: null,
        FetchFailed: null,
        ArtifactOutdated: null,
        StorageOperationFailed: null,
        SourceVerified: null,
      },
      status: { observedGeneration: 1 },
    },
  },
  {
    section: '2.2',
    behaviour: 'a new artifact is told with the subject of the commit, revision and digest',
    given: {
      subject,
      files: null,
      before: (world) => world.writeFiles(file, 'Add the first app\n\nwith a body'),
    },
    expect: {
      ready: 'True',
      events: [
        {
          severity: 'info',
          reason: 'NewArtifact',
          message: "stored artifact for commit 'Add the first app'",
          metadata: {
            'source.toolkit.fluxcd.io/revision': '<revision>',
            'source.toolkit.fluxcd.io/digest': /^sha256:/,
          },
        },
      ],
    },
  },
  {
    section: '2.2',
    behaviour: 'a long subject is cut after 50 characters',
    given: { subject, files: null, before: (world) => world.writeFiles(file, 'x'.repeat(60)) },
    expect: { ready: 'True', events: [{ message: `stored artifact for commit '${'x'.repeat(50)}...'` }] },
  },
  {
    section: '2.2',
    behaviour: 'NewArtifact is told when the digest changed, not for a commit of the same tree',
    given: { subject, files: file },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          world.commit = await world.repository.commit({}, 'nothing new here');
          await world.request();
        },
        expect: { ready: 'True', noEvents: [{ reason: 'NewArtifact', message: /nothing new here/ }] },
      },
    ],
  },
  {
    section: '2.2',
    behaviour: 'recovery from a failure is told as Succeeded',
    given: { subject, files: file },
    expect: { ready: 'True' },
    steps: [
      {
        spec: { secretRef: { name: 'gone' } },
        expect: { ready: { status: 'False', reason: 'AuthenticationFailed' } },
      },
      {
        spec: { secretRef: null },
        expect: {
          ready: 'True',
          conditions: { FetchFailed: null },
          events: [{ severity: 'info', reason: 'Succeeded' }],
        },
      },
    ],
  },
  {
    section: '2.2',
    behaviour: 'while a new revision is known and cannot be stored, nothing claims to be ready with it',
    given: { subject, files: file },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'b.yaml': 'b' },
        expect: { ready: { status: 'True', message: "stored artifact for revision '<revision>'" } },
      },
    ],
  },
  ignored(
    'without patterns the defaults leave out VCS files, pictures, archives and CI',
    {
      'a.yaml': 'a',
      'pic.png': 'x',
      'x/movie.wmv': 'x',
      'rel.tar.gz': 'x',
      '.github/workflows/x.yaml': 'x',
      '.gitlab-ci.yml': 'x',
      '.gitignore': 'x',
      '.sops.yaml': 'x',
      '.goreleaser.yml': 'x',
    },
    undefined,
    ['a.yaml'],
  ),
  ignored(
    'any pattern at all replaces the defaults, except those for VCS files',
    {
      'a.yaml': 'a',
      'pic.png': 'x',
      '.gitlab-ci.yml': 'x',
      '.gitignore': 'x',
    },
    '/nothing',
    ['.gitlab-ci.yml', 'a.yaml', 'pic.png'],
  ),
  ignored(
    '.sourceignore is read, and is part of the artifact',
    { '.sourceignore': '*.txt\n', 'a.yaml': 'a', 'b.txt': 'b' },
    undefined,
    ['.sourceignore', 'a.yaml'],
  ),
  ignored(
    '.sourceignore of a folder counts in that folder',
    {
      'x/.sourceignore': '*.txt\n',
      'x/b.txt': 'b',
      'c.txt': 'c',
    },
    undefined,
    ['c.txt', 'x/.sourceignore'],
  ),
  ignored(
    'spec.ignore comes after the files, and wins',
    { '.sourceignore': '*.txt\n', 'b.txt': 'b', 'c.txt': 'c' },
    '!b.txt',
    ['.sourceignore', 'b.txt'],
  ),
  ignored(
    'comments and blank lines are no patterns',
    { 'a.yaml': 'a', 'b.txt': 'b' },
    '# *.yaml\n\n*.txt\n',
    ['a.yaml'],
  ),
  ignored('the last pattern that fits decides', { 'a.yaml': 'a', 'b.yaml': 'b' }, '*.yaml\n!a.yaml\n', [
    'a.yaml',
  ]),
  ignored(
    'unlike git, a file below an excluded folder can be taken back',
    { 'x/keep.yaml': 'k', 'x/drop.yaml': 'd' },
    'x/\n!x/keep.yaml\n',
    ['x/keep.yaml'],
  ),
  ignored('a leading slash binds a pattern to the root', { 'a.txt': 'a', 'x/a.txt': 'a' }, '/a.txt', [
    'x/a.txt',
  ]),
  ignored('two stars cross folders', { 'x/y/z.txt': 'z', 'x/z.txt': 'z', 'z.txt': 'z' }, 'x/**/z.txt', [
    'z.txt',
  ]),
  {
    section: '2.3',
    behaviour: 'a change of spec.ignore alone makes a new artifact, and is observed',
    given: { subject, files: { 'a.yaml': 'a', 'b.txt': 'b' } },
    expect: { ready: 'True', artifact: ['a.yaml', 'b.txt'] },
    steps: [
      {
        spec: { ignore: '*.txt' },
        expect: { ready: 'True', artifact: ['a.yaml'], status: { observedIgnore: '*.txt' } },
      },
    ],
  },
  {
    section: '2.3',
    behaviour: 'nothing new: only the refs are listed, nothing is fetched',
    given: { subject, files: file },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          const name = /([^/]+)\.git$/.exec(world.repository.url)![1]!;
          const { git } = world.rig;
          const before = { all: git.requests(name), fetches: git.requests(name, 'git-upload-pack') };
          await world.request();
          const requests = git.requests(name) - before.all;
          if (requests > 2) throw new Error(`${requests} requests`);
        },
        expect: { ready: 'True' },
      },
    ],
  },
];

import type { Fields, Files, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const subject = 'GitRepository';
const file = { 'a.yaml': 'a: 1\n' };

/** A repository with branches and tags: `main` at the last commit, `dev` beside it, tags on the first. */
const history = async ({ repository }: World): Promise<void> => {
  await repository.tag('v1.0.0', 'first');
  await repository.tag('v1.2.0');
  await repository.commit({ 'b.yaml': 'b: 1\n' });
  await repository.tag('v2.0.0-rc.1');
  await repository.tag('v1.10.0');
  await repository.tag('1.3');
  await repository.branch('dev');
  await repository.commit({ 'c.yaml': 'c: 1\n' });
};

const ref = (
  behaviour: string,
  fields: Fields | undefined,
  revision: RegExp,
  artifact: readonly string[],
): ScenarioRow => ({
  section: '2.3',
  behaviour,
  given: { subject, files: file, before: history, source: { ref: fields } },
  expect: { ready: 'True', status: { artifact: { revision } }, artifact },
});

const failing = (
  behaviour: string,
  source: Fields,
  reason: string,
  message: RegExp | string,
  files: Files | null = file,
): ScenarioRow => ({
  section: '2.3',
  behaviour,
  given: { subject, files, source },
  expect: {
    ready: { status: 'False', reason, message },
    conditions: { FetchFailed: { status: 'True', reason }, Reconciling: { reason: 'ProgressingWithRetry' } },
    status: { observedGeneration: -1 },
    events: [{ severity: 'error', reason, message }],
  },
});

const first = ['a.yaml'];
const second = ['a.yaml', 'b.yaml'];
const hash = '[0-9a-f]{40}';

/** What is checked out, under which name (flux-compat 2.1 and 2.3). */
export const checkoutRows: readonly ScenarioRow[] = [
  ref('ref.branch: revision <branch>@sha1:<commit>', { branch: 'dev' }, new RegExp(`^dev@sha1:${hash}$`), [
    ...second,
    'c.yaml',
  ]),
  ref(
    'ref.tag: revision <tag>@sha1:<commit>',
    { tag: 'v1.2.0' },
    new RegExp(`^v1\\.2\\.0@sha1:${hash}$`),
    first,
  ),
  ref('ref.tag: wins over branch', { branch: 'dev', tag: 'v1.2.0' }, /^v1\.2\.0@/, first),
  ref('ref.tag: wins over semver', { semver: '>=1.0.0', tag: 'v1.0.0' }, /^v1\.0\.0@/, first),
  ref('ref.semver: the highest version, not the last text', { semver: '1.x' }, /^v1\.10\.0@/, second),
  ref('ref.semver: wins over branch', { semver: '1.0.0 - 1.5.0', branch: 'dev' }, /^v1\.2\.0@/, first),
  ref(
    'ref.semver: a pre-release needs a range that names one',
    { semver: '>=1.0.0-0' },
    /^v2\.0\.0-rc\.1@/,
    second,
  ),
  ref(
    'ref.semver: a tag of two numbers is no version',
    { semver: '>=1.2.1 <1.10.0 || 1.2.0' },
    /^v1\.2\.0@/,
    first,
  ),
  ref(
    'ref.name: revision is the full name',
    { name: 'refs/heads/dev' },
    new RegExp(`^refs/heads/dev@sha1:${hash}$`),
    [...second, 'c.yaml'],
  ),
  ref('ref.name: a tag by its full name', { name: 'refs/tags/v1.2.0' }, /^refs\/tags\/v1\.2\.0@sha1:/, first),
  ref(
    'ref.name: wins over tag, semver and branch',
    { name: 'refs/heads/dev', tag: 'v1.2.0', semver: '1.x', branch: 'main' },
    /^refs\/heads\/dev@/,
    [...second, 'c.yaml'],
  ),
  {
    section: '2.3',
    behaviour: 'ref absent: the branch master',
    given: {
      subject,
      files: file,
      before: ({ repository }) => repository.git('push', '--quiet', 'origin', 'main:master'),
      source: { ref: null },
    },
    expect: { ready: 'True', status: { artifact: { revision: 'master@sha1:<commit>' } } },
  },
  {
    section: '2.3',
    behaviour: 'ref.commit alone: revision sha1:<commit>',
    given: { subject, files: file, source: { ref: { commit: '<commit>' } } },
    expect: { ready: 'True', status: { artifact: { revision: 'sha1:<commit>' } }, artifact: first },
  },
  {
    section: '2.3',
    behaviour: 'ref.commit with branch: revision <branch>@sha1:<commit>',
    given: {
      subject,
      files: file,
      before: ({ repository }) => repository.commit({ 'b.yaml': 'b: 1\n' }),
      source: { ref: { branch: 'main', commit: '<commit>' } },
    },
    expect: { ready: 'True', status: { artifact: { revision: 'main@sha1:<commit>' } }, artifact: first },
  },
  {
    section: '2.3',
    behaviour: 'ref.commit: wins over name, tag and semver',
    given: {
      subject,
      files: file,
      before: history,
      source: { ref: { commit: '<commit>', name: 'refs/heads/dev', tag: 'v1.10.0', semver: '1.x' } },
    },
    expect: { ready: 'True', status: { artifact: { revision: 'sha1:<commit>' } }, artifact: first },
  },
  {
    section: '2.3',
    behaviour: 'an annotated tag counts with its commit, not with the tag object',
    given: {
      subject,
      files: file,
      before: ({ repository }) => repository.tag('v1.0.0', 'a message'),
      source: { ref: { tag: 'v1.0.0' } },
    },
    expect: { ready: 'True', status: { artifact: { revision: 'v1.0.0@sha1:<commit>' } } },
  },
  {
    section: '2.3',
    behaviour: 'a new commit of the branch is a new artifact',
    given: { subject, files: file },
    expect: { ready: 'True', artifact: first },
    steps: [
      {
        commit: { 'b.yaml': 'b: 1\n' },
        expect: { ready: 'True', status: { artifact: { revision: '<revision>' } }, artifact: second },
      },
    ],
  },
  {
    section: '2.3',
    behaviour: 'a rewritten branch is followed',
    given: { subject, files: file },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          await world.repository.git('checkout', '--quiet', '--orphan', 'fresh');
          await world.repository.git('branch', '--delete', '--force', 'main');
          await world.repository.git('branch', '--move', 'main');
          await world.repository.git('rm', '--quiet', '-r', '--cached', '.');
          await world.repository.git('add', '--all');
          await world.repository.git('commit', '--quiet', '--message', 'rewritten');
          await world.repository.git('push', '--quiet', '--force', 'origin', 'main');
          world.commit = await world.repository.head();
          await world.request();
        },
        expect: { ready: 'True', status: { artifact: { revision: '<revision>' } } },
      },
    ],
  },
  failing('an empty repository', {}, 'EmptyGitRepository', 'git repository is empty', null),
  failing(
    'a branch that does not exist',
    { ref: { branch: 'gone' } },
    'GitOperationFailed',
    /^failed to checkout and determine revision: .*gone/,
  ),
  failing(
    'a tag that does not exist',
    { ref: { tag: 'gone' } },
    'GitOperationFailed',
    /^failed to checkout and determine revision: .*gone/,
  ),
  failing(
    'a range that nothing fits',
    { ref: { semver: '>=9.0.0' } },
    'GitOperationFailed',
    /^failed to checkout and determine revision: no match found for semver: >=9\.0\.0$/,
  ),
  failing(
    'a full name that does not exist',
    { ref: { name: 'refs/pull/9/head' } },
    'GitOperationFailed',
    /^failed to checkout and determine revision: .*refs\/pull\/9\/head/,
  ),
  failing(
    'a commit that does not exist',
    { ref: { commit: '1'.repeat(40) } },
    'GitOperationFailed',
    /^failed to checkout and determine revision: .*1111/,
  ),
  failing(
    'a server that is not there',
    { url: 'http://127.0.0.1:1/x.git' },
    'GitOperationFailed',
    /^failed to checkout and determine revision: /,
  ),
  failing(
    'a Secret that does not exist',
    { secretRef: { name: 'gone' } },
    'AuthenticationFailed',
    /secrets "gone" not found/,
  ),
  {
    section: '2.3',
    behaviour: 'after a failure the last good artifact stays in the status',
    given: { subject, files: file },
    expect: { ready: 'True' },
    steps: [
      {
        spec: { ref: { branch: 'gone' } },
        expect: {
          ready: { status: 'False', reason: 'GitOperationFailed' },
          status: { artifact: { revision: '<revision>' } },
        },
      },
    ],
  },
  {
    section: '2.3',
    behaviour: 'sparseCheckout: only those folders are in the artifact',
    given: {
      subject,
      files: { 'x/a.yaml': 'a: 1\n', 'y/b.yaml': 'b: 1\n', 'z/c.yaml': 'c: 1\n' },
      source: { sparseCheckout: ['./x', 'y'] },
    },
    expect: {
      ready: 'True',
      artifact: ['x/a.yaml', 'y/b.yaml'],
      status: { observedSparseCheckout: ['./x', 'y'] },
    },
  },
  {
    section: '2.3',
    behaviour: 'sparseCheckout: a folder that does not exist is an error',
    given: { subject, files: file, source: { sparseCheckout: ['gone'] } },
    expect: { ready: { status: 'False', message: /gone/ } },
  },
  {
    section: '2.3',
    behaviour: 'suspend: request and generation are acknowledged, and nothing is fetched',
    given: { subject, files: file, source: { suspend: true } },
    steps: [
      {
        request: true,
        settles: false,
        expect: {
          status: { observedGeneration: 1 },
          check: (_, object) => {
            const { artifact } = object.status as { artifact?: unknown };
            if (artifact) throw new Error('it was fetched');
          },
        },
      },
      { spec: { suspend: false }, expect: { ready: 'True', artifact: first } },
    ],
  },
];

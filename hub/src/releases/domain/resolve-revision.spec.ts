import { describe, expect, it } from 'vitest';
import { resolveRevision } from './resolve-revision.js';

const hash = 'abcdef0123456789abcdef0123456789abcdef01';
const other = 'abcdef9999999999999999999999999999999999';
const known = (...revisions: string[]) => revisions.map((revision) => ({ revision, ref: 'branch main' }));
const rows: [string, string, string, ReturnType<typeof known>, string | null, string][] = [
  ['a whole revision', `main@sha1:${hash}`, 'GitRepository', [], null, `main@sha1:${hash}`],
  [
    'a whole commit that is known',
    hash,
    'GitRepository',
    known(`main@sha1:${hash}`),
    null,
    `main@sha1:${hash}`,
  ],
  [
    'the beginning of one',
    'ABCDEF01',
    'GitRepository',
    known(`main@sha1:${hash}`),
    null,
    `main@sha1:${hash}`,
  ],
  [
    'a commit on two refs, on the branch of the watch',
    'abcdef01',
    'GitRepository',
    known(`v1@sha1:${hash}`, `main@sha1:${hash}`),
    'main',
    `main@sha1:${hash}`,
  ],
  [
    'a whole commit that nobody has yet, with the branch that is followed',
    other,
    'GitRepository',
    known(`main@sha1:${hash}`),
    null,
    `main@sha1:${other}`,
  ],
  ['a whole commit of a source that nobody knows', hash, 'GitRepository', [], null, `sha1:${hash}`],
  ['a version of a chart', '6.5.4', 'HelmChart', [], null, '6.5.4'],
  [
    'a digest of an artifact',
    `sha256:${'a'.repeat(64)}`,
    'OCIRepository',
    [],
    null,
    `sha256:${'a'.repeat(64)}`,
  ],
];

describe('resolveRevision', () => {
  it.each(rows)('takes %s', (_, text, kind, all, branch, revision) => {
    expect(resolveRevision(text, kind, all, branch)).toEqual({ revision });
  });

  it('asks back when a beginning fits several commits', () => {
    const all = known(`main@sha1:${hash}`, `main@sha1:${other}`);
    expect(resolveRevision('abcdef', 'GitRepository', all, null)).toHaveProperty('problem');
    expect(resolveRevision('abcdef0', 'GitRepository', all, null)).toEqual({ revision: `main@sha1:${hash}` });
  });

  it('does not guess what a branch or a short commit is that nobody knows', () => {
    expect(resolveRevision('main', 'GitRepository', [], null)).toHaveProperty('problem');
    expect(resolveRevision('abcdef0', 'GitRepository', [], null)).toHaveProperty('problem');
  });
});

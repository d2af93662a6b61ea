import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRevision, isOfCommit, parseRevision, shortenRevision, type Revision } from './revision.js';

const sha1 = '1234abcd1234abcd1234abcd1234abcd1234abcd';
const sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('revisions (flux-compat 2.1)', () => {
  it.each<[string, Revision | undefined]>([
    [`main@sha1:${sha1}`, { ref: 'main', algorithm: 'sha1', hash: sha1 }],
    [`refs/heads/x@sha1:${sha1}`, { ref: 'refs/heads/x', algorithm: 'sha1', hash: sha1 }],
    [`sha1:${sha1}`, { algorithm: 'sha1', hash: sha1 }],
    [`latest@sha256:${sha256}`, { ref: 'latest', algorithm: 'sha256', hash: sha256 }],
    [`feature/a@b@sha1:${sha1}`, { ref: 'feature/a@b', algorithm: 'sha1', hash: sha1 }],
    ['6.5.4', undefined],
    ['main', undefined],
    ['', undefined],
    [`@sha1:${sha1}`, undefined],
    [`main/${sha1}`, undefined],
    ['main@sha1:xyz', undefined],
    ['main@sha1:', undefined],
  ])('%s', (text, revision) => {
    expect(parseRevision(text)).toEqual(revision);
    if (revision) expect(formatRevision(revision)).toBe(text);
  });

  it('come back from any ref', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (ref) => {
        const revision = { ref, algorithm: 'sha1', hash: sha1 };
        expect(parseRevision(formatRevision(revision))).toEqual(revision);
      }),
    );
  });
});

describe('shortenRevision (flux-compat 9.3)', () => {
  it.each([
    [`main@sha1:${sha1}`, 'main@sha1:1234abcd'],
    [`sha256:${sha256}`, 'sha256:e3b0c442'],
    [`Applied revision: main@sha1:${sha1}`, 'Applied revision: main@sha1:1234abcd'],
    [`a ${sha1}, b ${sha256}`, 'a 1234abcd, b e3b0c442'],
    ['main@sha1:1234abcd', 'main@sha1:1234abcd'],
    ['6.5.4', '6.5.4'],
    [`x${sha1}`, `x${sha1}`],
    ['', ''],
  ])('%s', (text, short) => expect(shortenRevision(text)).toBe(short));
});

describe('isOfCommit', () => {
  const revision = `main@sha1:${sha1}`;

  it.each<[string, boolean]>([
    [sha1, true],
    ['1234abc', true],
    ['1234ABC', true],
    ['1234ab', false],
    ['1234abd', false],
    ['', false],
    [revision, true],
    [`sha1:${sha1}`, true],
    [`other@sha1:${sha1}`, false],
    [`sha256:${sha1}`, false],
    ['main@sha1:1234abcd', false],
    [`${sha1}0`, false],
    ['main', false],
  ])('%s: %s', (commit, expected) => expect(isOfCommit(revision, commit)).toBe(expected));

  it('of a chart version is equality', () => {
    expect(isOfCommit('6.5.4', '6.5.4')).toBe(true);
    expect(isOfCommit('6.5.4', '6.5')).toBe(false);
  });
});

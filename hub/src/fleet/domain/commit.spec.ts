import { describe, expect, it } from 'vitest';
import { digitsOf, matchesCommit, parseCommit } from './commit.js';

const sha = '4f1c9b2e7a6d5c4b3a291807f6e5d4c3b2a19080';

describe('a commit that is asked for', () => {
  it.each([
    ['7 digits', sha.slice(0, 7), { digits: sha.slice(0, 7) }],
    ['a whole sha1', sha, { digits: sha }],
    ['a whole sha256', 'a'.repeat(64), { digits: 'a'.repeat(64) }],
    ['capital digits', 'ABCDEF1', { digits: 'abcdef1' }],
    ['a whole revision', `main@sha1:${sha}`, { revision: `main@sha1:${sha}` }],
    ['a digest alone', `sha1:${sha}`, { revision: `sha1:${sha}` }],
    ['a tag with a slash', `release/v1@sha1:${sha}`, { revision: `release/v1@sha1:${sha}` }],
    ['a revision of old Flux', `main/${sha}`, { revision: `main/${sha}` }],
    ['6 digits are too few', sha.slice(0, 6), null],
    ['65 digits are too many', 'a'.repeat(65), null],
    ['a branch is no commit', 'main', null],
    ['an empty text is no commit', '', null],
    ['SQL is no commit', `${sha}' OR 1=1 --`, null],
    ['an endless text is no commit', `${'x'.repeat(600)}@sha1:${sha}`, null],
  ])('%s', (_sentence, text, expected) => {
    expect(parseCommit(text)).toEqual(expected);
  });
});

describe('a revision', () => {
  it.each([
    [`main@sha1:${sha}`, sha],
    [`latest@sha256:${'b'.repeat(64)}`, 'b'.repeat(64)],
    [`sha1:${sha}`, sha],
    [`v1.0.0@sha1:${sha.toUpperCase()}`, sha],
    [`refs/heads/main@sha1:${sha}`, sha],
    [`main/${sha}`, sha],
    ['6.5.0', ''],
    ['', ''],
  ])('%s holds the digits %s', (revision, digits) => {
    expect(digitsOf(revision)).toBe(digits);
  });

  it('matches by its first digits', () => {
    expect(matchesCommit(`main@sha1:${sha}`, { digits: sha.slice(0, 8) })).toBe(true);
    expect(matchesCommit(`main@sha1:${sha}`, { digits: sha.slice(1, 9) })).toBe(false);
    expect(matchesCommit('', { digits: sha.slice(0, 8) })).toBe(false);
  });

  it('matches as a whole when a whole revision is asked for', () => {
    expect(matchesCommit(`main@sha1:${sha}`, { revision: `main@sha1:${sha}` })).toBe(true);
    expect(matchesCommit(`prod@sha1:${sha}`, { revision: `main@sha1:${sha}` })).toBe(false);
  });
});

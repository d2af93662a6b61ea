import { describe, expect, it } from 'vitest';
import { matchesCommit, parseCommit } from './commit.js';

const sha = '4f1c9b2e7a6d5c4b3a291807f6e5d4c3b2a19080';

describe('a commit that is asked for', () => {
  it.each([
    ['7 digits', sha.slice(0, 7), sha.slice(0, 7)],
    ['a whole sha1', sha, sha],
    ['a whole sha256', 'a'.repeat(64), 'a'.repeat(64)],
    ['capital digits', 'ABCDEF1', 'abcdef1'],
    ['a whole revision', `main@sha1:${sha}`, null],
    ['a digest alone', `sha1:${sha}`, null],
    ['a tag with a slash', `release/v1@sha1:${sha}`, null],
  ])('can be %s', (_sentence, text, digits) => {
    expect(parseCommit(text)).toEqual({ text, digits });
  });

  it.each([
    ['6 digits', sha.slice(0, 6)],
    ['65 digits', 'a'.repeat(65)],
    ['a branch', 'main'],
    ['an empty text', ''],
    ['SQL', `${sha}' OR 1=1 --`],
    ['an endless text', `${'x'.repeat(600)}@sha1:${sha}`],
  ])('cannot be %s', (_sentence, text) => {
    expect(parseCommit(text)).toBeNull();
  });

  it.each([
    [`main@sha1:${sha}`, sha.slice(0, 8), true],
    [`main@sha1:${sha}`, sha.slice(0, 8).toUpperCase(), true],
    [`main@sha1:${sha}`, sha.slice(1, 9), false],
    [`main@sha1:${sha}`, `main@sha1:${sha}`, true],
    [`prod@sha1:${sha}`, `main@sha1:${sha}`, false],
    [`main@sha1:${sha}`, `sha1:${sha}`, true],
    ['6.5.0', sha, false],
    ['', sha, false],
  ])('of the revision "%s" by "%s": %s', (revision, text, expected) => {
    expect(matchesCommit(revision, parseCommit(text)!)).toBe(expected);
  });
});

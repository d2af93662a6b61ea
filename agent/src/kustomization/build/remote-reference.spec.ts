import { describe, expect, it } from 'vitest';
import {
  isGitReference,
  isRemoteReference,
  isWebReference,
  secretsOf,
  unfetchable,
} from './remote-reference.js';

describe('a reference is remote', () => {
  it.each([
    'https://github.com/org/repo//path?ref=v1',
    'http://example.com/a.yaml',
    'git::https://example.com/repo',
    'ssh://git@example.com/org/repo.git',
    'git@github.com:org/repo.git',
    'github.com/org/repo/base?ref=main',
    'example.com/org/repo.git//base',
    'gh:org/repo',
  ])('%s', (value) => expect(isRemoteReference(value)).toBe(true));
});

describe('a reference is local', () => {
  it.each([
    'a.yaml',
    './a',
    '../base',
    'dir.with.dots/x.yaml',
    'a:b.yaml',
    'kind: X\nurl: https://example.com',
    'git/base',
  ])('%s', (value) => {
    expect(isRemoteReference(value)).toBe(false);
    expect(isGitReference(value)).toBe(false);
    expect(isWebReference(value)).toBe(false);
  });
});

describe('kustomize takes for a Git repository, whatever is on the disk,', () => {
  it.each([
    'https://example.com/org/repo',
    'HTTPS://example.com/org/repo/base?ref=v1',
    'git::https://example.com/a//b',
    'ssh://git@example.com/org/repo.git',
    'git@example.com:org/repo.git/base',
    'github.com/org/repo/base',
    'GitHub.com:org/repo',
    'me@local/a/b',
    'https://dev.azure.com/org/project/_git/repo/base',
    'file:///var/lib/repo',
  ])('%s', (value) => expect(isGitReference(value)).toBe(true));
});

describe('kustomize does not take for a Git repository', () => {
  it.each([
    'https://example.com/a.yaml',
    'https://example.com',
    'example.com/org/repo.git//base',
    'github.com/org',
    'me@local/a',
    'https://example.com/org/repo//../../x',
    '/var/lib/repo.git',
    'base',
  ])('%s', (value) => expect(isGitReference(value)).toBe(false));
});

describe('what a build cannot fetch is', () => {
  it.each([
    ['over SSH', 'ssh://git@example.com/org/repo.git', /SSH/],
    ['over SSH in the short form', 'git@example.com:org/repo', /SSH/],
    ['over SSH at GitHub', 'github.com:org/repo', /SSH/],
    ['on the disk of the agent', 'file:///var/lib/repo', /disk/],
  ])('%s', (_what, value, why) => expect(unfetchable(value)).toMatch(why));

  it.each(['https://git@example.com/org/repo', 'http://example.com/x', 'github.com/org/repo'])(
    'not %s',
    (value) => expect(unfetchable(value)).toBeUndefined(),
  );
});

it.each([
  ['https://me:t0ken@example.com/org/repo', ['t0ken']],
  ['git::https://t0ken@example.com/org/repo', ['t0ken']],
  ['https://git@example.com/org/repo', []],
  ['https://example.com/a@b', []],
])('the secrets of %s are %j', (value, secrets) => expect(secretsOf(value)).toEqual(secrets));

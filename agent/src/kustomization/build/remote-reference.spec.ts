import { describe, expect, it } from 'vitest';
import { isRemoteReference } from './remote-reference.js';

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
  ])('%s', (value) => expect(isRemoteReference(value)).toBe(false));
});

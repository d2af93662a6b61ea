import { describe, expect, it } from 'vitest';
import { gitRevision, isRefName, planCheckout } from './checkout-plan.js';

const hash = 'a'.repeat(40);

describe('what spec.ref asks for (flux-compat 2.3)', () => {
  it.each([
    ['the branch master without a ref', undefined, { kind: 'branch', name: 'master' }],
    ['the branch master with an empty ref', {}, { kind: 'branch', name: 'master' }],
    ['a branch', { branch: 'main' }, { kind: 'branch', name: 'main' }],
    ['semver before branch', { branch: 'main', semver: '>=1' }, { kind: 'semver', range: '>=1' }],
    ['tag before semver', { tag: 'v1', semver: '>=1' }, { kind: 'tag', name: 'v1' }],
    ['name before tag', { name: 'refs/pull/1/head', tag: 'v1' }, { kind: 'name', name: 'refs/pull/1/head' }],
    [
      'commit before all',
      { commit: hash, name: 'refs/heads/x', tag: 'v1' },
      { kind: 'commit', commit: hash },
    ],
    [
      'a commit of a branch',
      { commit: hash, branch: 'main' },
      { kind: 'commit', commit: hash, branch: 'main' },
    ],
    ['a commit in capitals', { commit: 'A'.repeat(40) }, { kind: 'commit', commit: hash }],
    ['what is no commit as it is', { commit: 'ABC' }, { kind: 'commit', commit: 'ABC' }],
  ])('is %s', (_, ref, expected) => {
    expect(planCheckout(ref)).toEqual(expected);
  });
});

describe('a Git revision (flux-compat 2.1)', () => {
  it.each([
    ['main', hash, `main@sha1:${hash}`],
    ['refs/pull/1/head', hash, `refs/pull/1/head@sha1:${hash}`],
    [undefined, hash, `sha1:${hash}`],
    ['main', 'b'.repeat(64), `main@sha256:${'b'.repeat(64)}`],
  ])('of %s is as Flux writes it', (name, commit, expected) => {
    expect(gitRevision(name, commit)).toBe(expected);
  });
});

describe('a ref name', () => {
  it.each([
    'refs/heads/main',
    'refs/heads/feature/a-b_c.d',
    'refs/tags/v1.0.0+build',
    'refs/heads/größe',
    'refs/heads/@x',
  ])('may be %s', (name) => expect(isRefName(name)).toBe(true));

  it.each([
    '',
    '--upload-pack=touch',
    'refs/heads/a b',
    'refs/heads/a..b',
    'refs/heads/*',
    'refs/heads/a:b',
    'refs/heads/a.lock',
  ])('may not be "%s"', (name) => expect(isRefName(name)).toBe(false));
});

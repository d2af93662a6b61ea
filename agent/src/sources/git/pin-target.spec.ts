import type { GitReference } from '@flotilla/common/api/git-repository';
import { describe, expect, it } from 'vitest';
import { gitRevision } from './checkout-plan.js';
import { pinTarget, stayTarget } from './pin-target.js';
import type { ResolvedTarget } from './resolve-target.js';

const hash = (digit: string): string => digit.repeat(40);
const [old, tip, other] = [hash('1'), hash('2'), hash('3')];
const tags = new Map([
  ['refs/tags/v1.0.0', old],
  ['refs/tags/v1.1.0', tip],
  ['refs/tags/1.1.0', tip],
  ['refs/tags/v2.0.0', other],
]);

function newestOf(refName: string, name: string, expected = tip): ResolvedTarget {
  return {
    fetch: { kind: 'ref', refName, expected },
    revision: gitRevision(name, expected),
    name,
    ageMs: 0,
    refs: { commits: tags },
  };
}

const onMain = newestOf('refs/heads/main', 'main');
const onTag = newestOf('refs/tags/v1.1.0', 'v1.1.0');
const onName = newestOf('refs/pull/1/head', 'refs/pull/1/head');
const onCommit: ResolvedTarget = {
  fetch: { kind: 'commit', commit: tip, branch: 'main' },
  revision: gitRevision('main', tip),
  name: 'main',
  ageMs: 0,
};
const exact = { kind: 'ref', isExact: true };

describe('a pin of a source that follows', () => {
  it.each<[string, GitReference, ResolvedTarget, string, object]>([
    [
      'a branch: its tip',
      { branch: 'main' },
      onMain,
      `main@sha1:${tip}`,
      { target: { fetch: exact, revision: `main@sha1:${tip}` } },
    ],
    [
      'a branch: a commit of its history',
      { branch: 'main' },
      onMain,
      `main@sha1:${old}`,
      {
        target: {
          fetch: { kind: 'commit', commit: old, refName: 'refs/heads/main' },
          revision: `main@sha1:${old}`,
        },
        ifAncestor: { commit: old, refName: 'refs/heads/main', tip },
      },
    ],
    [
      'a branch: named by a tag, the artifact keeps the name of the branch',
      { branch: 'main' },
      onMain,
      `v1.0.0@sha1:${old}`,
      { target: { revision: `main@sha1:${old}` } },
    ],
    [
      'a full ref name: a commit of its history',
      { name: 'refs/pull/1/head' },
      onName,
      `refs/pull/1/head@sha1:${old}`,
      { ifAncestor: { refName: 'refs/pull/1/head', commit: old } },
    ],
    ['a tag: its commit', { tag: 'v1.1.0' }, onTag, `v1.1.0@sha1:${tip}`, { target: { fetch: exact } }],
    [
      'a tag: another commit',
      { tag: 'v1.1.0' },
      onTag,
      `v1.1.0@sha1:${old}`,
      { refused: `the tag 'v1.1.0' of spec.ref is at '${tip}'` },
    ],
    [
      'a range: an older tag in it',
      { semver: '>=1.0.0 <2.0.0' },
      onTag,
      `v1.0.0@sha1:${old}`,
      { target: { fetch: { ...exact, refName: 'refs/tags/v1.0.0' }, revision: `v1.0.0@sha1:${old}` } },
    ],
    [
      'a range: the tag that the pin names, of two of the same commit',
      { semver: '>=1.0.0 <2.0.0' },
      onTag,
      `1.1.0@sha1:${tip}`,
      { target: { revision: `1.1.0@sha1:${tip}` } },
    ],
    [
      'a range: a commit without a name',
      { semver: '>=1.0.0 <2.0.0' },
      onTag,
      `sha1:${old}`,
      { target: { revision: `v1.0.0@sha1:${old}` } },
    ],
    [
      'a range: a tag outside of it',
      { semver: '>=1.0.0 <2.0.0' },
      onTag,
      `v2.0.0@sha1:${other}`,
      { refused: "no tag in the range '>=1.0.0 <2.0.0' of spec.ref is at this commit" },
    ],
    [
      'a commit: the same',
      { commit: tip, branch: 'main' },
      onCommit,
      `main@sha1:${tip}`,
      { target: onCommit },
    ],
    [
      'a commit: another one',
      { commit: tip },
      onCommit,
      `main@sha1:${old}`,
      { refused: `spec.ref.commit is '${tip}'` },
    ],
    [
      'a branch: something that is no commit',
      { branch: 'main' },
      onMain,
      'main@sha1:123',
      { refused: "'main@sha1:123' names no commit" },
    ],
    [
      'a branch: a line that would be an option',
      { branch: 'main' },
      onMain,
      '--upload-pack=x',
      { refused: "'--upload-pack=x' names no commit" },
    ],
  ])('%s', (_, ref, newest, revision, expected) => {
    expect(pinTarget({ ref, newest, revision, keptFor: 'a/b' })).toMatchObject(expected);
  });
});

describe('a source that stays, when its artifact has to be built again', () => {
  it.each<[string, GitReference, ResolvedTarget, string, object]>([
    ['at the tip', { branch: 'main' }, onMain, `main@sha1:${tip}`, { fetch: exact }],
    [
      'at an older commit',
      { branch: 'main' },
      onMain,
      `main@sha1:${old}`,
      { fetch: { kind: 'commit', commit: old }, revision: `main@sha1:${old}`, name: 'main' },
    ],
    [
      'at an older tag, which can be verified by its name',
      { semver: '*' },
      onTag,
      `v1.0.0@sha1:${old}`,
      { fetch: { ...exact, refName: 'refs/tags/v1.0.0' } },
    ],
    [
      'at a tag that has moved since',
      { semver: '*' },
      onTag,
      `v1.0.0@sha1:${other}`,
      { fetch: { kind: 'commit', commit: other }, revision: `v1.0.0@sha1:${other}` },
    ],
    [
      'at a commit of another branch, from before spec.ref was changed',
      { branch: 'main' },
      onMain,
      `release@sha1:${old}`,
      { revision: `release@sha1:${old}`, name: 'release' },
    ],
  ])('%s', (_, ref, newest, revision, expected) => {
    expect(stayTarget({ ref, newest, revision, keptFor: 'a/b' })).toMatchObject(expected);
  });
});

import { describe, expect, it } from 'vitest';
import type { BranchCommit } from './own-commits.js';
import { areOwnCommits } from './own-commits.js';

const promotions = new Set(['p1', 'p2']);
const commit = (id: string, parents: string, ...named: string[]): BranchCommit => ({
  id,
  parents: parents.split(' '),
  promotions: named,
});

const rows: readonly (readonly [string, readonly BranchCommit[], boolean])[] = [
  ['one commit of a promotion', [commit('b', 'a', 'p1')], true],
  ['several of them', [commit('b', 'a', 'p1'), commit('c', 'b', 'p2')], true],
  ['a squash of two', [commit('b', 'a', 'p1', 'p2')], true],
  ['a merge of one into the branch', [commit('b', 'a', 'p1'), commit('m', 'a b')], true],
  [
    'a merge of the branch into one, which is merged',
    [commit('b', 'a', 'p1'), commit('c', 'a', 'p2'), commit('m', 'b c'), commit('n', 'c m')],
    true,
  ],
  ['nothing: the branch was set back', [], false],
  ['a commit of somebody', [commit('b', 'a')], false],
  ['a commit of somebody below', [commit('b', 'a'), commit('c', 'b', 'p1')], false],
  ['a commit of somebody on top', [commit('b', 'a', 'p1'), commit('c', 'b')], false],
  ['a promotion of another pipeline or hub', [commit('b', 'a', 'p9')], false],
  ['a merge of somebody’s branch', [commit('b', 'a', 'p1'), commit('x', 'a'), commit('m', 'b x')], false],
  ['a merge of what lies outside of the range', [commit('m', 'a y')], false],
];

describe('a range of commits is the hub’s own', () => {
  it.each(rows)('%s', (_sentence, commits, own) => {
    expect(areOwnCommits(commits, promotions)).toBe(own);
  });
});

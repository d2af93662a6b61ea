import { describe, expect, it } from 'vitest';
import { newestRevision } from './newest-revision.js';

const commit = (letter: string) => `main@sha1:${letter.repeat(40)}`;
const at = (letter: string, seconds: number, clusters = 1) => ({
  revision: commit(letter),
  clusters,
  at: new Date(seconds * 1_000),
});
const history = (...letters: string[]) => ({
  revision: commit(letters.at(-1) ?? ''),
  seen: letters.map(commit),
});

const rows: {
  says: string;
  observed: ReturnType<typeof at>[];
  before: ReturnType<typeof history> | null;
  newest: string | null;
  seen?: string[];
}[] = [
  { says: 'nothing is known of a source that nobody has', observed: [], before: null, newest: null },
  { says: 'the last one stays while no cluster tells', observed: [], before: history('a'), newest: 'a' },
  { says: 'the first one that is seen', observed: [at('a', 1)], before: null, newest: 'a' },
  {
    says: 'a new one that some have, while the others lag',
    observed: [at('a', 9, 99), at('b', 1)],
    before: history('a'),
    newest: 'b',
  },
  {
    says: 'no old one that a lagging cluster tells later',
    observed: [at('a', 99), at('b', 1)],
    before: history('a', 'b'),
    newest: 'b',
  },
  {
    says: 'the later of two new ones, and the earlier is not new afterwards',
    observed: [at('a', 1), at('b', 2), at('c', 3)],
    before: history('a'),
    newest: 'c',
    seen: ['a', 'b', 'c'],
  },
  {
    says: 'an old one on which all agree: the branch was set back',
    observed: [at('a', 9, 3)],
    before: history('a', 'b'),
    newest: 'a',
    seen: ['b', 'a'],
  },
  {
    says: 'of several at the start the one told last; the others are old',
    observed: [at('a', 1, 5), at('b', 2)],
    before: null,
    newest: 'b',
    seen: ['a', 'b'],
  },
];

describe('newestRevision', () => {
  it.each(rows)('$says', ({ observed, before, newest, seen }) => {
    const result = newestRevision(observed, before);
    expect(result?.revision ?? null).toBe(newest === null ? null : commit(newest));
    if (seen) expect(result?.seen).toEqual(seen.map(commit));
  });

  it('gives the same history back when nothing is new, so that nothing is written', () => {
    const before = history('a', 'b');
    expect(newestRevision([at('b', 5)], before)).toBe(before);
    expect(newestRevision([{ ...at('b', 5), revision: `sha1:${'b'.repeat(40)}` }], before)).toBe(before);
  });
});

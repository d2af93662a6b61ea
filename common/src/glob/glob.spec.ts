import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, matchesGlob, matchingPrefixes } from './glob.js';

describe('a glob', () => {
  it.each<[string, string, boolean]>([
    ['', '', true],
    ['', 'a', false],
    ['abc', 'abc', true],
    ['abc', 'abcd', false],
    ['*', '', true],
    ['*', 'a/b', true],
    ['a*b*c', 'aXbYc', true],
    ['a*b*c', 'aXbY', false],
    ['a**b', 'ab', true],
    ['*.tar.gz', 'x.tar.gz', true],
    ['?', 'é', true],
    ['?', '😀', true],
    ['?', '', false],
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[^a-c]x', 'dx', true],
    ['[]a]', ']', false],
    ['[\\]a]', ']', true],
    ['[a\\-z]', '-', true],
    ['[-]', '-', false],
    ['\\*', '*', true],
    ['\\*', 'x', false],
    ['a\\', 'a', false],
    ['[a', 'a', false],
    ['[a-]', 'a', false],
    ['[]', '', false],
  ])('%j on %j: %s', (pattern, text, matches) => {
    const glob = compileGlob(pattern);
    expect(glob !== undefined && matchesGlob(glob, text)).toBe(matches);
  });

  it.each(['[', '[a', '[]', '[]a]', '[^]', '[a-]', '[-a]', 'a\\', '[\\'])('%j is malformed', (pattern) => {
    expect(compileGlob(pattern)).toBeUndefined();
  });

  it('finds the same prefixes as trying each', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.', '[ab]'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, part, (source, text) => {
        const glob = compileGlob(source)!;
        const lengths = Array.from({ length: text.length }, (_, i) => i + 1).filter((n) =>
          matchesGlob(glob, text.slice(0, n)),
        );
        const expected = lengths.length === 0 ? undefined : { shortest: lengths[0], longest: lengths.at(-1) };
        expect(matchingPrefixes(glob, Array.from(text))).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('does not explode on many stars', () => {
    const glob = compileGlob('*a'.repeat(50))!;
    expect(matchesGlob(glob, 'a'.repeat(3000) + 'b')).toBe(false);
    expect(matchingPrefixes(glob, Array.from('b'.repeat(3000)))).toBeUndefined();
  });
});

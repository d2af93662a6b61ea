import { describe, expect, it } from 'vitest';
import { parseListing, scopeOf } from './remote-refs.js';

const [one, two, three] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string];

describe('the listing of a remote', () => {
  it('gives the commit of an annotated tag, not the tag object', () => {
    const text = `${one}\trefs/heads/main\n${two}\trefs/tags/v1\n${three}\trefs/tags/v1^{}\n${one}\trefs/tags/v0\n`;

    expect(Object.fromEntries(parseListing(text))).toEqual({
      'refs/heads/main': one,
      'refs/tags/v1': three,
      'refs/tags/v0': one,
    });
  });

  it.each([
    ['', 'an empty repository'],
    ['warning: something\nref: refs/heads/main\tHEAD\n', 'lines of another form'],
  ])('of %j is empty (%s)', (text) => {
    expect(parseListing(text).size).toBe(0);
  });

  it('is asked for branches and tags together, and for other refs one by one', () => {
    expect(scopeOf('refs/heads/main')).toEqual({ kind: 'branches-and-tags' });
    expect(scopeOf('refs/tags/v1')).toEqual({ kind: 'branches-and-tags' });
    expect(scopeOf('refs/pull/1/head')).toEqual({ kind: 'ref', name: 'refs/pull/1/head' });
  });
});

import { describe, expect, it } from 'vitest';
import { createMergePatch } from './merge-patch.js';

describe('a merge patch', () => {
  it.each<[string, object, object, object | undefined]>([
    ['is nothing when nothing differs', { a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }, undefined],
    ['adds, changes and removes', { a: 1, b: 2 }, { b: 3, c: 4 }, { a: null, b: 3, c: 4 }],
    ['goes into maps', { m: { a: 1, b: 2 } }, { m: { a: 1 } }, { m: { b: null } }],
    ['replaces lists whole', { l: [1, 2] }, { l: [2] }, { l: [2] }],
    ['takes undefined for absent', { a: 1 }, { a: undefined }, { a: null }],
    ['replaces a map by a list', { a: { b: 1 } }, { a: [1] }, { a: [1] }],
  ])('%s', (_name, from, to, expected) => {
    expect(createMergePatch(from as Record<string, unknown>, to as Record<string, unknown>)).toEqual(
      expected,
    );
  });
});

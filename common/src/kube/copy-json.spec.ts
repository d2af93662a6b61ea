import { expect, it } from 'vitest';
import { copyJson } from './copy-json.js';

it('copies maps and lists, at any depth, and nothing else of a value', () => {
  const value = { a: [{ b: 1n }, null, 'x', [true]], c: {}, d: undefined };
  const copied = copyJson(value);
  expect(copied).toEqual(value);
  expect(copied).not.toBe(value);
  expect(copied.a).not.toBe(value.a);
  expect(copied.a[0]).not.toBe(value.a[0]);
});

it('keeps a key that is called as the prototype', () => {
  const value = JSON.parse('{"__proto__": {"a": 1}}') as object;
  const copied = copyJson(value);
  expect(Object.keys(copied)).toEqual(['__proto__']);
  expect(Object.getPrototypeOf(copied)).toBe(Object.prototype);
});

import { describe, expect, it } from 'vitest';
import { authorsUpTo } from './authors.js';

const parts = {
  authors: [
    { text: 'Ada <Ada@Example.com>', number: 3 },
    { text: 'A. Lovelace <ada@example.com>', number: 4 },
    { text: 'bob', number: 5 },
  ],
  makers: [{ text: 'ci', number: 4 }],
  unknown: { text: 'web-5 (Bucket/a/b)', number: 5 },
};

describe('who made what a release brings', () => {
  it.each([
    ['are the authors of all releases up to it', 4, { emails: ['ada@example.com'], tokens: ['ci'] }],
    ['are not those of later ones', 3, { emails: ['ada@example.com'], tokens: [] }],
    [
      'are not known when those of one of them are not',
      5,
      { emails: ['ada@example.com', 'bob'], tokens: ['ci'], unknown: 'web-5 (Bucket/a/b)' },
    ],
  ])('%s', (_sentence, number, authors) => {
    expect(authorsUpTo(parts, number)).toEqual(authors);
  });
});

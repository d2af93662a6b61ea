import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, pageOf } from './cursor.js';

const filters = { sync: ['Failed'], q: 'a' };

describe('a cursor', () => {
  it('gives its position back to the list that made it', () => {
    expect(decodeCursor(encodeCursor(['prod', 'größe'], filters), filters, 2)).toEqual(['prod', 'größe']);
  });

  it.each([
    ['other filters', encodeCursor(['a', 'b'], { sync: ['Synced'] }), 'other filters'],
    ['another list', encodeCursor(['a'], filters), 'no cursor of this list'],
    ['no JSON', 'abc', 'no cursor of this list'],
    ['no texts', Buffer.from('[1,2,3]').toString('base64url'), 'no cursor of this list'],
    ['texts that nothing holds', encodeCursor(['a\0', 'b'], filters), 'no cursor of this list'],
    ['an object', Buffer.from('{"a":1}').toString('base64url'), 'no cursor of this list'],
  ])('of %s is refused', (_sentence, cursor, message) => {
    expect(() => decodeCursor(cursor, filters, 2)).toThrow(message);
  });
});

describe('a page', () => {
  const options = { limit: 2, total: 9, filters, position: (row: string) => [row] };

  it('leads to the next one when there are more rows', () => {
    const page = pageOf(['a', 'b', 'c'], options);
    expect(page).toMatchObject({ items: ['a', 'b'], total: 9 });
    expect(decodeCursor(page.nextCursor ?? '', filters, 1)).toEqual(['b']);
  });

  it.each([[['a', 'b']], [['a']], [[]]])('of %j is the last one', (rows) => {
    expect(pageOf(rows, options)).toEqual({ items: rows, nextCursor: null, total: 9 });
  });
});

import { describe, expect, it } from 'vitest';
import { parsePostmasterFile } from './postmaster-file.js';

describe('postmaster.pid', () => {
  it('names the process, the folder and the port', () => {
    const text = '4711\n/data/postgres\n1763622000\n5433\n\n127.0.0.1\n  12345  6\nready   \n';
    expect(parsePostmasterFile(text)).toEqual({ pid: 4711, dataFolder: '/data/postgres', port: 5433 });
  });

  it.each([
    ['is empty', ''],
    ['has only a pid yet', '4711\n/data/postgres\n'],
    ['is garbage', 'a\nb\nc\nd\n'],
  ])('that %s gives nothing', (_, text) => {
    expect(parsePostmasterFile(text)).toBeUndefined();
  });
});

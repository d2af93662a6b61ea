import { describe, expect, it } from 'vitest';
import { GroupRead } from './group-read.js';

/** Reads lengths of words; queries are answered when somebody says so. */
function slowReader(most = 100) {
  const queries: {
    readonly keys: readonly string[];
    readonly answer: () => void;
    readonly fail: () => void;
  }[] = [];
  const reader = new GroupRead<number>(
    (keys) =>
      new Promise((resolve, reject) => {
        const answer = () =>
          resolve(new Map(keys.filter((key) => key !== '').map((key) => [key, key.length])));
        queries.push({ keys, answer, fail: () => reject(new Error('the database is away')) });
      }),
    most,
  );
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return { reader, queries, turn };
}

describe('a group read', () => {
  it('answers all who ask at the same time by one query', async () => {
    const { reader, queries, turn } = slowReader();
    const answers = Promise.all(['a', 'bb', '', 'bb'].map((key) => reader.get(key)));
    await turn();
    expect(queries.map(({ keys }) => keys)).toEqual([['a', 'bb', '']]);
    queries[0]!.answer();
    expect(await answers).toEqual([1, 2, undefined, 2]);
  });

  it('answers who comes while a query runs by the next one, also with the same key', async () => {
    const { reader, queries, turn } = slowReader();
    const first = reader.get('a');
    await turn();
    const second = reader.get('a');
    queries[0]!.answer();
    expect(await first).toBe(1);
    await turn();
    expect(queries).toHaveLength(2);
    queries[1]!.answer();
    expect(await second).toBe(1);
  });

  it('asks for no more keys at once than it may', async () => {
    const { reader, queries, turn } = slowReader(2);
    const answers = Promise.all(['a', 'b', 'c'].map((key) => reader.get(key)));
    await turn();
    expect(queries.map(({ keys }) => keys)).toEqual([['a', 'b']]);
    queries[0]!.answer();
    await turn();
    queries[1]!.answer();
    expect(await answers).toEqual([1, 1, 1]);
  });

  it('fails those of one query only, and goes on', async () => {
    const { reader, queries, turn } = slowReader(1);
    const [lost, found] = [reader.get('a'), reader.get('b')];
    await turn();
    queries[0]!.fail();
    await expect(lost).rejects.toThrow('the database is away');
    await turn();
    queries[1]!.answer();
    expect(await found).toBe(1);
    const again = reader.get('a');
    await turn();
    queries[2]!.answer();
    expect(await again).toBe(1);
  });
});

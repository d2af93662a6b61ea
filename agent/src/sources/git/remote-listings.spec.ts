import { beforeEach, describe, expect, it } from 'vitest';
import { gitRemote } from './credentials.js';
import { GitError } from './git-error.js';
import { RemoteListings, type ListRefs } from './remote-listings.js';
import type { RefScope } from './remote-refs.js';

const remote = gitRemote('https://git.test/x', undefined);
const scope: RefScope = { kind: 'branches-and-tags' };

interface Asked {
  answer: (hash: string) => void;
  fail: (error: Error) => void;
  signal: AbortSignal;
}

let now: number;
let asked: Asked[];
let listings: RemoteListings;

beforeEach(() => {
  now = 1000;
  asked = [];
  const list: ListRefs = (_remote, _scope, { signal }) =>
    new Promise((resolve, reject) => {
      const answer = (hash: string): void => resolve({ commits: new Map([['refs/heads/main', hash]]) });
      asked.push({ answer, fail: reject, signal });
      signal.addEventListener('abort', () => reject(new Error('aborted')));
    });
  listings = new RemoteListings(list, () => now);
});

const get = (notBefore: number, signal?: AbortSignal, timeoutMs = 1) =>
  listings.get(remote, scope, { notBefore, timeoutMs, ...(signal ? { signal } : {}) });
const hashOf = async (listing: ReturnType<typeof get>) => (await listing).commits.get('refs/heads/main');
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('listings that objects share', () => {
  it('are asked for once by all who ask at the same time', async () => {
    const all = Array.from({ length: 50 }, () => hashOf(get(0)));
    asked[0]?.answer('a');

    expect(new Set(await Promise.all(all))).toEqual(new Set(['a']));
    expect(asked).toHaveLength(1);
  });

  it('are used again while they are fresh enough for who asks', async () => {
    const first = get(1000);
    asked[0]?.answer('a');
    await first;
    now = 1400;

    expect(await hashOf(get(1000))).toBe('a');
    expect((await get(900)).startedAt).toBe(1000);
    expect(asked).toHaveLength(1);

    const newer = hashOf(get(1001));
    await settle();
    asked[1]?.answer('b');
    expect(await newer).toBe('b');
  });

  it('that were asked for too early do not answer a later request, which then shares the next one', async () => {
    const early = hashOf(get(0));
    now = 1500;
    const late = [hashOf(get(1500)), hashOf(get(1500))];
    asked[0]?.answer('old');
    expect(await early).toBe('old');
    await settle();
    asked[1]?.answer('new');

    expect(await Promise.all(late)).toEqual(['new', 'new']);
    expect(asked).toHaveLength(2);
  });

  it('that fail too early do not fail a later request', async () => {
    const early = get(0);
    now = 1500;
    const late = hashOf(get(1500));
    asked[0]?.fail(new Error('down'));
    await expect(early).rejects.toThrow('down');
    await settle();
    asked[1]?.answer('new');

    expect(await late).toBe('new');
  });

  it('that ran into the limit of somebody else are asked for again by who has more time', async () => {
    const hurried = get(0);
    const patient = hashOf(get(0, undefined, 60_000));
    asked[0]?.fail(new GitError('timeout', 'timed out'));
    await expect(hurried).rejects.toThrow('timed out');
    await settle();
    asked[1]?.answer('a');
    expect(await patient).toBe('a');

    now = 2000;
    const last = get(2000, undefined, 60_000);
    asked[2]?.fail(new GitError('timeout', 'timed out'));
    await expect(last).rejects.toThrow('timed out');
  });

  it('go on when one of several is cancelled, and stop when all are', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const first = get(0, one.signal);
    const second = get(0, two.signal);
    first.catch(() => {});
    one.abort();
    await expect(first).rejects.toThrow('git was cancelled');
    expect(asked[0]?.signal.aborted).toBe(false);
    two.abort();
    await expect(second).rejects.toThrow('git was cancelled');

    expect(asked[0]?.signal.aborted).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { createFakeClock } from './fake-clock.js';
import { createWorkQueue } from './work-queue.js';

function setUp() {
  const clock = createFakeClock();
  const seen: string[] = [];
  const queue = createWorkQueue({
    clock,
    minRetryDelayMs: 750,
    maxRetryDelayMs: 15 * 60_000,
    observer: {
      added: (depth) => seen.push(`added ${depth}`),
      taken: (waitedMs) => seen.push(`taken after ${waitedMs}`),
      finished: (workedMs) => seen.push(`finished after ${workedMs}`),
      retried: () => seen.push('retried'),
    },
  });
  return { clock, queue, seen };
}

describe('a work queue', () => {
  it('hands keys out in the order they came, each once', async () => {
    const { queue } = setUp();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['a', 'b', 'c']);
    expect(queue.length).toBe(0);
  });

  it('wakes a worker that waits', async () => {
    const { queue } = setUp();
    const next = queue.take();
    queue.add('a');
    expect(await next).toBe('a');
  });

  it('never gives a key to two workers, and gives it again when it was added meanwhile', async () => {
    const { queue } = setUp();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(queue.length).toBe(1);
    expect(await queue.take()).toBe('a');
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  it('adds later, and the earlier of two times stands', async () => {
    const { queue, clock } = setUp();
    queue.addAfter('a', 1000);
    queue.addAfter('a', 5000);
    queue.addAfter('b', 5000);
    queue.addAfter('b', 1000);
    await clock.advance(999);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect([await queue.take(), await queue.take()]).toEqual(['a', 'b']);
    queue.done('a');
    queue.done('b');
    await clock.advance(10_000);
    expect(queue.length).toBe(0);
  });

  it('keeps a time that is further away than a timer of Node can count', async () => {
    const { queue, clock } = setUp();
    const month = 31 * 24 * 3_600_000;
    queue.addAfter('a', month);
    await clock.advance(month - 1);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
  });

  it.each([
    [1, 750],
    [2, 1_500],
    [3, 3_000],
    [10, 384_000],
    [11, 768_000],
    [12, 900_000],
    [1_100, 900_000],
  ])('waits after failure %i for %i ms (flux-compat 1.6)', async (failures, delayMs) => {
    const { queue, clock } = setUp();
    for (let n = 1; n < failures; n += 1) {
      queue.addRateLimited('a');
      await clock.advance(900_000);
      await queue.take();
      queue.done('a');
    }
    expect(queue.retries('a')).toBe(failures - 1);
    queue.addRateLimited('a');
    await clock.advance(delayMs - 1);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
  });

  it('starts the back-off over once a key is forgotten', async () => {
    const { queue, clock } = setUp();
    queue.addRateLimited('a');
    queue.forget('a');
    expect(queue.retries('a')).toBe(0);
    await clock.advance(750);
    expect(queue.length).toBe(1);
  });

  it('drops what waits when it is shut down, and ends when the running keys are done', async () => {
    const { queue, clock } = setUp();
    for (const key of ['a', 'b']) queue.add(key);
    queue.addAfter('c', 1000);
    await queue.take();
    const waiting = setUp().queue;
    const idle = waiting.take();
    await waiting.shutDown();
    expect(await idle).toBeUndefined();
    let ended = false;
    const end = queue.shutDown().then(() => (ended = true));
    expect(await queue.take()).toBeUndefined();
    await clock.advance(2000);
    expect(ended).toBe(false);
    queue.add('d');
    queue.done('a');
    await end;
    expect([queue.length, clock.pending]).toEqual([0, 0]);
  });

  it('tells how long keys waited and were worked on', async () => {
    const { queue, clock, seen } = setUp();
    queue.add('a');
    await clock.advance(20);
    await queue.take();
    await clock.advance(5);
    expect([...queue.startedAt]).toEqual([20]);
    queue.done('a');
    queue.addRateLimited('a');
    expect(seen).toEqual(['added 1', 'taken after 20', 'finished after 5', 'retried']);
  });

  it('stays quick with many keys', async () => {
    const { queue } = setUp();
    for (let n = 0; n < 50_000; n += 1) queue.add(String(n));
    for (let n = 0; n < 50_000; n += 1) {
      const key = await queue.take();
      expect(key).toBe(String(n));
      queue.done(key ?? '');
    }
  });
});

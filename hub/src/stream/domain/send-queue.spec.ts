import { describe, expect, it } from 'vitest';
import { SendQueue } from './send-queue.js';
import type { NumberedEvent } from './stream-event.js';

function event(number: number, key: string): NumberedEvent {
  return { number, key, topic: 'objects', name: 'object', data: String(number) };
}

describe('what waits for a reader', () => {
  it('is taken in order and in parts', () => {
    const queue = new SendQueue(10);
    queue.add([event(1, 'a'), event(2, 'b'), event(3, 'c')]);
    expect(queue.take(2).map(({ number }) => number)).toEqual([1, 2]);
    expect(queue.take(2).map(({ number }) => number)).toEqual([3]);
    expect(queue.size).toBe(0);
  });

  it('is the last state of each key, after what came before it', () => {
    const queue = new SendQueue(10);
    queue.add([event(1, 'a'), event(2, 'b')]);
    queue.add([event(3, 'a')]);
    expect(queue.take(9).map(({ number }) => number)).toEqual([2, 3]);
  });

  it('does not grow when the same key changes again and again', () => {
    const queue = new SendQueue(2);
    for (let number = 1; number <= 1_000; number += 1) expect(queue.add([event(number, 'a')])).toBe(true);
  });

  it('says when the reader is too far behind', () => {
    const queue = new SendQueue(2);
    expect(queue.add([event(1, 'a'), event(2, 'b')])).toBe(true);
    expect(queue.add([event(3, 'c')])).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { mapConcurrently } from './concurrency.js';

describe('mapping with a limit', () => {
  it('keeps the order of the items, whichever ends first', async () => {
    const gates = [gate(), gate(), gate()];
    const mapped = mapConcurrently([0, 1, 2], 3, async (index) => {
      await gates[index]!.opened;
      return index * 10;
    });
    for (const { open } of gates.toReversed()) open();
    expect(await mapped).toEqual([0, 10, 20]);
  });

  it('has no more calls under way than the limit, and at least one', async () => {
    for (const [limit, most] of [
      [2, 2],
      [0, 1],
    ] as const) {
      let running = 0;
      let peak = 0;
      await mapConcurrently([1, 2, 3, 4, 5], limit, async () => {
        peak = Math.max(peak, ++running);
        await Promise.resolve();
        running -= 1;
      });
      expect(peak).toBe(most);
    }
  });

  it('starts nothing after an error, awaits what runs, and gives the error of the first item', async () => {
    const started: number[] = [];
    let ended = false;
    const mapped = mapConcurrently([0, 1, 2, 3], 2, async (index) => {
      started.push(index);
      if (index === 1) throw new Error('second');
      await Promise.resolve();
      await Promise.resolve();
      ended = true;
      throw new Error('first');
    });
    await expect(mapped).rejects.toThrow('first');
    expect([started, ended]).toEqual([[0, 1], true]);
  });
});

function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

import { describe, expect, it } from 'vitest';
import { retryDelayMs } from './queue-engine.js';

describe('retryDelayMs', () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [6, 32_000],
    [7, 60_000],
    [1_000_000, 60_000],
  ])('after %i attempts is %i ms', (attempts, delay) => expect(retryDelayMs(attempts)).toBe(delay));
});

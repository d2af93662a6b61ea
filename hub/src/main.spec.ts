import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from './main.js';

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('the command line of the hub', () => {
  it.each([
    ['an unknown flag', ['--nope'], 2],
    ['an argument', ['serve'], 2],
    ['a value that is wrong', ['--heartbeat', 'often'], 2],
    ['the version', ['--version'], 0],
    ['the help', ['--help'], 0],
  ])('ends with its exit code: %s', async (_, argv, code) => {
    expect(await main(argv, {})).toBe(code);
  });
});

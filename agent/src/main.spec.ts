import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from './main.js';

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('the command line of the agent', () => {
  it.each([
    ['an unknown flag', ['--nope'], 2],
    ['an argument', ['serve'], 2],
    ['a value that is wrong', ['--concurrent', 'many'], 2],
    ['the version', ['--version'], 0],
    ['the help', ['--help'], 0],
    ['a command', ['crds'], 0],
    ['an unknown flag of a command', ['crds', '--nope'], 2],
  ])('ends with its exit code: %s', async (_, argv, code) => {
    expect(await main(argv, {})).toBe(code);
  });
});

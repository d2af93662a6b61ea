import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { noPaint } from './output/paint.js';
import { createProgram } from './program.js';
import type { Runtime } from './runtime.js';

let printed = '';
const runtime: Runtime = {
  env: {},
  signal: new AbortController().signal,
  now: () => new Date(0),
  terminal: {
    out: (text) => void (printed += text),
    err: () => undefined,
    outIsTerminal: false,
    errIsTerminal: false,
    inIsTerminal: false,
    paintOut: noPaint,
    paintErr: noPaint,
    size: () => ({ columns: 80, rows: 24 }),
    readInput: async () => '',
    askSecret: async () => '',
    ask: async () => '',
  },
};

/** Every command that does something, by its words. */
function leaves(command: Command, words: readonly string[] = []): (readonly [string, Command])[] {
  const help = command.createHelp();
  const below = help
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help')
    .flatMap((child) => leaves(child, [...words, child.name()]));
  return below.length === 0 ? [[words.join(' '), command]] : below;
}

const program = createProgram(runtime);

describe('the help', () => {
  it.each(leaves(program))('of "%s" has an example of it', (words, command) => {
    printed = '';
    command.outputHelp();
    expect(printed).toContain(`\n  flotilla ${words}`);
  });

  it('names every command in a group', () => {
    printed = '';
    program.outputHelp();
    const rest = printed.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '';
    expect(
      rest
        .trim()
        .split('\n')
        .filter((line) => /^ {2}\S/.test(line) && !line.includes('help')),
    ).toEqual([]);
  });
});

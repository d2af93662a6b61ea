import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.js';
import type { Runtime } from './runtime.js';

const root = join(import.meta.dirname, '..', '..');
const program = createProgram({ env: {}, terminal: {} } as unknown as Runtime);

/** Texts that tell people which command to give: the documentation, and the remedies in errors. */
function texts(): string[] {
  const below = (folder: string, names: RegExp) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => names.test(name) && !/(^|\/)(node_modules|dist)\/|\.spec\.ts$/.test(name))
      .map((name) => join(folder, name));
  return [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    ...below('docs', /\.md$/),
    ...below('helm', /NOTES\.txt$/),
    ...['agent/src', 'cli/src', 'hub/src', 'test/demo'].flatMap((folder) => below(folder, /\.ts$/)),
  ];
}

/** `flotilla WORDS --flags` up to the end of the quotation, the line or the sentence; not a namespace of kubectl. */
const written = /(?<!-n |[\w/.-])flotilla ([a-z][a-z-]*(?:[ ][^\n`'";|\\]*)?)/g;
const substitution = /\$\([^)]*\)/g;

interface Found {
  readonly file: string;
  readonly text: string;
}

function found(): Found[] {
  return texts().flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(written)].map(([, text = '']) => ({
      file,
      text: text.replace(substitution, 'X'),
    })),
  );
}

/** What is wrong with a command line; words that are no command are prose. */
function problemOf({ text }: Found): string | undefined {
  const words = text.split(/\s+/);
  let command: Command = program;
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (!next) break;
    command = next;
  }
  if (command === program) return undefined;
  const options = [];
  for (let at: Command | null = command; at; at = at.parent) options.push(...at.options);
  const flags = [...text.matchAll(/(?<=\s)(--[a-z][a-z-]*|-[a-zA-Z](?=\s|$))/g)].map(([flag]) => flag);
  const known = new Set([...options.flatMap(({ long, short }) => [long, short]), '--help', '-h']);
  const unknown = flags.filter((flag) => !known.has(flag));
  return unknown.length > 0 ? `${unknown.join(', ')} of "flotilla ${text}"` : undefined;
}

describe('the commands that are written down', () => {
  it('know every flag that stands behind them', () => {
    const wrong = found().flatMap((one) => {
      const problem = problemOf(one);
      return problem === undefined ? [] : [`${one.file}: ${problem}`];
    });
    expect(wrong).toEqual([]);
  });

  it('are many: the texts are found', () => expect(found().length).toBeGreaterThan(100));
});

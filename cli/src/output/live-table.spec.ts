import { describe, expect, it } from 'vitest';
import type { Runtime } from '../runtime.js';
import { createLiveTable, fitted } from './live-table.js';
import { ansiPaint, noPaint } from './paint.js';

/** What a table writes, for a terminal of this size or for a pipe. */
function recorded(size?: { columns: number; rows: number }): {
  runtime: Runtime;
  out: string[];
  err: string[];
} {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    outIsTerminal: size !== undefined,
    errIsTerminal: false,
    inIsTerminal: false,
    paintOut: noPaint,
    paintErr: noPaint,
    size: () => size ?? { columns: 80, rows: 24 },
    readInput: async () => '',
    askSecret: async () => '',
    ask: async () => '',
  };
  const runtime = { env: {}, terminal, signal: new AbortController().signal, now: () => new Date(0) };
  return { runtime, out, err };
}

const row = (key: string, state: string, age: string) => ({ key, state, cells: [key, state, age] });

describe('a live table', () => {
  it('prints a row again only when its state has changed', () => {
    const { runtime, out, err } = recorded();
    const table = createLiveTable(runtime, ['NAME', 'STATE', 'AGE'], true);
    table.show([row('dev', 'fine', '1s'), row('prod', 'fine', '1s')], '');
    table.show([row('dev', 'fine', '2s'), row('prod', 'broken', '2s')], '');
    table.show([row('dev', 'fine', '3s')], '');
    expect(out).toEqual([
      'NAME   STATE   AGE\ndev    fine    1s\nprod   fine    1s\n',
      'prod   broken   2s\n',
    ]);
    expect(err).toEqual(['✗ prod is gone\n']);
  });

  it('says once that what it shows is old', () => {
    const { runtime, err } = recorded();
    const table = createLiveTable(runtime, ['NAME'], false);
    for (const note of ['the hub is away', 'the hub is away', ''])
      table.show([row('dev', 'fine', '1s')], note);
    expect(err).toEqual(['✗ the hub is away\n']);
  });

  it('redraws a terminal within its size, and leaves the whole table there at the end', () => {
    const { runtime, out } = recorded({ columns: 10, rows: 4 });
    const table = createLiveTable(runtime, ['NAME', 'STATE'], true);
    table.show([row('dev', 'fine', ''), row('prod', 'fine', ''), row('stage', 'fine', '')], '');
    table.close();
    expect(out[1]).toBe('\u001b[HNAME    …\u001b[K\ndev     …\u001b[K\n… and 2 more rows\u001b[K\u001b[J');
    expect(out.at(-1)).toContain('\u001b[?1049l');
    expect(out.at(-1)).toContain('stage   fine\n');
  });
});

describe('a live table whose server is away', () => {
  it('has no colour that says that all is fine', () => {
    const { runtime, out } = recorded({ columns: 40, rows: 10 });
    const painted = { ...runtime, terminal: { ...runtime.terminal, paintOut: ansiPaint } };
    const table = createLiveTable(painted, ['NAME'], false);
    const fine = { key: 'dev', state: 'x', cells: [{ text: 'dev', tone: 'good' as const }] };
    table.show([fine], '');
    table.show([fine], 'the hub is away');
    expect(out[1]).toContain('\u001b[32mdev');
    expect(out[2]).not.toContain('\u001b[32m');
    expect(out[2]).toContain('\u001b[33mthe hub is away');
  });
});

describe('lines on a screen', () => {
  it.each<[string, string[], string, number, string[]]>([
    ['fit', ['a', 'b'], '', 3, ['a', 'b']],
    ['leave room for the note', ['a', 'b'], 'old', 4, ['a', 'b', 'old']],
    ['are counted where they do not fit', ['a', 'b', 'c'], 'old', 4, ['a', '… and 2 more rows', 'old']],
    ['are at least one', ['a', 'b'], '', 1, ['… and 2 more rows']],
  ])('%s', (_name, lines, note, rows, shown) => expect(fitted(lines, note, rows)).toEqual(shown));
});

import { describe, expect, it } from 'vitest';
import { ansiPaint, noPaint, wantsColour } from './paint.js';
import type { Cell } from './table.js';
import { plain, renderTable, tableLines } from './table.js';

const table = {
  columns: ['NAME', 'READY', 'MESSAGE'],
  rows: [
    ['dev', { text: 'True', tone: 'good' }, ''],
    ['production', { text: 'False', tone: 'bad' }, 'it broke'],
  ] as Cell[][],
};

describe('a table', () => {
  it('aligns columns and leaves no blanks at the end of a line', () => {
    expect(renderTable(table, { header: true, paint: noPaint })).toBe(
      'NAME         READY   MESSAGE\n' + 'dev          True\n' + 'production   False   it broke\n',
    );
  });

  it('has no header when it is not wanted, and then only the widths of the rows', () => {
    const short = { columns: ['A LONG NAME', 'B'], rows: [['a', 'b']] };
    expect(renderTable(short, { header: false, paint: noPaint })).toBe('a   b\n');
  });

  it('aligns by what is seen, not by the codes of colours', () => {
    const painted = tableLines(table, { header: false, paint: ansiPaint });
    expect(painted[1]).toBe('production   \u001b[31mFalse\u001b[39m   it broke');
  });

  it('cuts lines that are too long for the terminal', () => {
    const lines = tableLines(table, { header: true, paint: noPaint, maxWidth: 24 });
    expect(lines).toEqual(
      ['NAME         READY   ME…', 'dev          True', 'production   False   it…'].map(String),
    );
  });

  it('keeps its widths over several renderings', () => {
    const widths: number[] = [];
    renderTable(table, { header: true, paint: noPaint, widths });
    const later = { columns: table.columns, rows: [['x', 'True', 'y']] };
    expect(renderTable(later, { header: false, paint: noPaint, widths })).toBe('x            True    y\n');
  });

  it('copes with more rows than a function call has room for arguments', () => {
    const rows = Array.from({ length: 200_000 }, () => ['x']);
    expect(tableLines({ columns: ['X'], rows }, { header: false, paint: noPaint })).toHaveLength(200_000);
  });

  it('does not let a cluster steer the terminal', () => {
    expect(plain('a\u001b]0;title\u0007\u001b[2Jb\nc\td')).toBe('a ]0;title [2Jb c d');
    expect(plain('dev\u202edorp\u2069\u009b2Jx')).toBe('devdorp 2Jx');
  });
});

describe('colours', () => {
  it.each<[string, boolean, Record<string, string>, boolean]>([
    ['are for terminals', true, {}, true],
    ['are not for pipes', false, {}, false],
    ['are off with NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['are on with an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['are off in a dumb terminal', true, { TERM: 'dumb' }, false],
    ['can be forced', false, { FORCE_COLOR: '1' }, true],
    ['are off when NO_COLOR and FORCE_COLOR disagree', true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('%s', (_name, isTerminal, env, wanted) => expect(wantsColour(isTerminal, env)).toBe(wanted));
});

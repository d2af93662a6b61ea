import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emitYaml, emitYamlDocuments } from './emit.js';
import { parseYaml, parseYamlDocuments } from './parse.js';

describe('emitted strings (flux-compat 3.5)', () => {
  it.each<[string, string]>([
    ['plain', 'plain'],
    ['two words', 'two words'],
    ['${p}', '${p}'],
    ['${p:=80}', '${p:=80}'],
    ['${quote}${p}${quote}', '${quote}${p}${quote}'],
    ['http://a.b/c', 'http://a.b/c'],
    ['a:b', 'a:b'],
    ['--flag=x', '--flag=x'],
    ['-x', '-x'],
    ['<', '<'],
    ['=', '='],
    ['80', '"80"'],
    ['0777', '"0777"'],
    ['1e3', '"1e3"'],
    ['1_000', '"1_000"'],
    ['yes', '"yes"'],
    ['n', '"n"'],
    ['true', '"true"'],
    ['null', '"null"'],
    ['~', '"~"'],
    ['', '""'],
    ['<<', '<<'],
    ['.1_0', '".1_0"'],
    ['._1', '._1'],
    ['0b-1', '"0b-1"'],
    ['1:30', '"1:30"'],
    ['2026-01-01', '"2026-01-01"'],
    ['2026-01-01T00:00:00Z', '"2026-01-01T00:00:00Z"'],
    ['.5', '".5"'],
    ['1.2.3', '1.2.3'],
    ['10.0.0.1/8', '10.0.0.1/8'],
    ['*', "'*'"],
    ['&a', "'&a'"],
    ['!x', "'!x'"],
    ['@x', "'@x'"],
    ['%x', "'%x'"],
    ['{a}', "'{a}'"],
    ['[a]', "'[a]'"],
    ['a: b', "'a: b'"],
    ['a:', "'a:'"],
    ['a #b', "'a #b'"],
    ['a#b', 'a#b'],
    ['- a', "'- a'"],
    ['? a', "'? a'"],
    [' a', "' a'"],
    ['a ', "'a '"],
    ["it's", "it's"],
    ["'a'", "'''a'''"],
    ['"a"', `'"a"'`],
    ['---', "'---'"],
    ['...x', "'...x'"],
    ['a\tb', '"a\\tb"'],
    ['a\rb', '"a\\rb"'],
    ['\u0001', '"\\x01"'],
    ['naïve', 'naïve'],
    ['日本', '日本'],
    ['😀', '"\\U0001F600"'],
    ['\u2028', '"\\L"'],
    ['\ufeff', '"\\uFEFF"'],
    ['a\nb', '|-\n  a\n  b'],
    ['a\nb\n', '|\n  a\n  b'],
    ['a\n\n', '|+\n  a\n'],
    ['\na', '|2-\n\n  a'],
    [' a\nb', '|2-\n   a\n  b'],
    ['a \nb', '"a \\nb"'],
    ['a\nb ', '"a\\nb "'],
    ['a\tb\nc', '"a\\tb\\nc"'],
  ])('%j', (text, emitted) => {
    expect(emitYaml({ k: text })).toBe(`k: ${emitted}\n`);
    expect(parseYaml(emitYaml({ k: text }))).toEqual({ k: text });
  });

  it('are folded at spaces behind column 80', () => {
    const words = Array(30).fill('word').join(' ');
    expect(emitYaml({ k: words })).toBe(
      `k: ${Array(16).fill('word').join(' ')}\n  ${Array(14).fill('word').join(' ')}\n`,
    );
  });

  it('in keys stay on one line, or take the long form', () => {
    const long = 'x'.repeat(129);
    expect(emitYaml({ yes: 1, '<<': 0, 'a b': 2, [long]: { a: [1] } })).toBe(
      `"<<": 0\na b: 2\n? ${long}\n: a:\n  - 1\n"yes": 1\n`,
    );
    expect(parseYaml(emitYaml({ [long]: ['x', { y: 1 }], 'a\nb': {} }))).toEqual({
      [long]: ['x', { y: 1 }],
      'a\nb': {},
    });
  });
});

describe('emitted numbers', () => {
  it.each<[number | bigint, string]>([
    [0, '0'],
    [-0, '0'],
    [-7, '-7'],
    [9007199254740991, '9007199254740991'],
    [9007199254740993n, '9007199254740993'],
    [18446744073709551615n, '18446744073709551615'],
    [1e19, '10000000000000000000'],
    [1e20, '1e+20'],
    [1.5, '1.5'],
    [123456.5, '123456.5'],
    [1234567.5, '1.2345675e+06'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [Infinity, '.inf'],
    [-Infinity, '-.inf'],
    [Number.NaN, '.nan'],
  ])('%s', (value, text) => expect(emitYaml([value])).toBe(`- ${text}\n`));
});

describe('emitted collections', () => {
  it('are blocks with sorted keys and lists at the column of their key', () => {
    const value = {
      kind: 'A',
      apiVersion: 'v1',
      list: [{ b: 1, a: [1, [2, 3], {}] }, 'x', [], null],
      map: { empty: {}, none: null, yes: true },
      gone: undefined,
    };
    expect(emitYaml(value)).toBe(
      [
        'apiVersion: v1',
        'kind: A',
        'list:',
        '- a:',
        '  - 1',
        '  - - 2',
        '    - 3',
        '  - {}',
        '  b: 1',
        '- x',
        '- []',
        '- null',
        'map:',
        '  empty: {}',
        '  none: null',
        '  "yes": true',
        '',
      ].join('\n'),
    );
  });

  it('sort digits by their number and signs before letters', () => {
    const keys = ['a10', 'a9', 'b', 'B', 'a.b', 'a-b', 'ab', 'a', 'a01', 'a1', '10', '9', 'a100'];
    expect(Object.keys(parseYamlOrder(keys))).toEqual(sortedByYaml(keys));
    expect(sortedByYaml(keys).slice(2)).toEqual([
      'B',
      'a',
      'a-b',
      'a.b',
      'a1',
      'a01',
      'a9',
      'a10',
      'a100',
      'ab',
      'b',
    ]);
  });

  it('of several documents are separated', () => {
    expect(emitYamlDocuments([{ a: 1 }, { b: 2 }])).toBe('a: 1\n---\nb: 2\n');
    expect(
      parseYamlDocuments(emitYamlDocuments([{ a: 'x\n\n' }, { b: 2 }])).map(({ value }) => value),
    ).toEqual([{ a: 'x\n\n' }, { b: 2 }]);
  });

  it('refuse what is not data', () => {
    expect(() => emitYaml({ f: () => 1 })).toThrow('cannot write a function as YAML');
  });
});

describe('round trips', () => {
  const nasty = fc.string({
    unit: fc.constantFrom(...Array.from('ab01yn:-?#&*!|>\'"%@`{}[],. \n\t\r\\$~=<_\u00a0\u2028é😀')),
  });
  const long = fc.array(fc.constantFrom('a', '- b', '# c', 'd:', "'e'", '"f"', '', 'ggggggggg'), {
    maxLength: 60,
  });
  const text = fc.oneof(
    nasty,
    fc.string({ unit: 'binary' }),
    long.map((words) => words.join(' ')),
  );
  const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map((value) => {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  });
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      text,
      integer,
      fc.boolean(),
      fc.constant(null),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('tree'), { maxLength: 4 }),
    map: fc.dictionary(text, tie('tree'), { maxKeys: 4 }),
  }));

  it('of any value give the value', () => {
    fc.assert(
      fc.property(tree, (value) => {
        expect(parseYaml(emitYaml([value]))).toEqual([value]);
      }),
      { numRuns: 3000 },
    );
  });

  it('of a number give the number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        const read = parseYaml(emitYaml([value])) as [number | bigint];
        expect(Number(read[0]) === value).toBe(true);
      }),
    );
  });

  it('are stable: the same text for the same value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(tree, fc.dictionary(text, fc.integer()), (value, fields) => {
        const once = emitYaml([value]);
        expect(emitYaml(parseYaml(once))).toBe(once);
        expect(emitYaml(Object.fromEntries(Object.entries(fields).toReversed()))).toBe(emitYaml(fields));
      }),
    );
  });

  it('keep integers of 64 bits, read from YAML or JSON', () => {
    const value = parseYaml('{"id": 9223372036854775807, "list": [18446744073709551615, 1]}');
    expect(value).toEqual({ id: 9223372036854775807n, list: [18446744073709551615n, 1] });
    expect(emitYaml(value)).toBe('id: 9223372036854775807\nlist:\n- 18446744073709551615\n- 1\n');
  });
});

function sortedByYaml(keys: readonly string[]): string[] {
  const text = emitYaml(Object.fromEntries(keys.map((key) => [key, 'v'])));
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(':')[0]!.replaceAll('"', ''));
}

/** Integer-like keys come first in every JavaScript object; the rest keeps the order of the text. */
function parseYamlOrder(keys: readonly string[]): object {
  return parseYaml(emitYaml(Object.fromEntries(keys.map((key) => [key, 'v'])))) as object;
}

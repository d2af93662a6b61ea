import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml, parseYamlDocuments } from './parse.js';
import { YamlError } from './yaml-error.js';

describe('scalars of the Kubernetes dialect (flux-compat 3.5)', () => {
  it.each<[string, unknown]>([
    ['yes', true],
    ['On', true],
    ['y', true],
    ['no', false],
    ['OFF', false],
    ['n', false],
    ['yEs', 'yEs'],
    ['~', null],
    ['', null],
    ['Null', null],
    ['0777', 511],
    ['0o17', 15],
    ['0x1F', 31],
    ['0b101', 5],
    ['-0x10', -16],
    ['+12', 12],
    ['1_000', 1000],
    ['08', 8],
    ['0', 0],
    ['-0', 0],
    ['1e3', 1000],
    ['1.', 1],
    ['.5', 0.5],
    ['-.5', -0.5],
    ['.', '.'],
    ['1.2.3', '1.2.3'],
    ['1e400', '1e400'],
    ['.inf', Infinity],
    ['-.INF', -Infinity],
    ['1:30', '1:30'],
    ['190:20:30.15', '190:20:30.15'],
    ['2026-01-01', '2026-01-01'],
    ['2026-01-01T10:00:00Z', '2026-01-01T10:00:00Z'],
    ['0x', '0x'],
    ['1__0', 10],
    ['main@sha1:abc', 'main@sha1:abc'],
    ['"yes"', 'yes'],
    ["'0777'", '0777'],
    ['!!str yes', 'yes'],
    ['!!str 010', '010'],
    ['!!int 010', 8],
    ['!!float 3', 3],
    ['!!timestamp 2026-01-01', '2026-01-01'],
    ['!!binary aGVsbG8=', 'hello'],
    ['!Ref thing', 'thing'],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['18446744073709551615', 18446744073709551615n],
    ['18446744073709551616', 18446744073709551616],
  ])('reads %s', (text, value) => {
    expect(parseYaml(`a: ${text}\n`)).toEqual({ a: value });
  });

  it('reads a not-a-number', () => expect(parseYaml('.nan')).toBeNaN());

  it('reads keys as JSON does: text of the resolved value', () => {
    expect(parseYaml('on: 1\n0777: 2\n1.5: 3\nplain: 4\n')).toEqual({ true: 1, 511: 2, '1.5': 3, plain: 4 });
  });

  it('keeps __proto__ as a plain key', () => {
    const value = parseYaml('__proto__: {polluted: true}\n') as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('documents', () => {
  it('keep their position when empty ones are left out', () => {
    expect(parseYamlDocuments('---\n# only a comment\n---\na: 1\n---\n---\nb: 2\n...\n')).toEqual([
      { index: 2, value: { a: 1 } },
      { index: 4, value: { b: 2 } },
    ]);
  });

  it.each(['', '\n', '# comment\n', '---\n', '---\n---\n'])('of %j are none', (text) => {
    expect(parseYamlDocuments(text)).toEqual([]);
    expect(parseYaml(text)).toBeNull();
  });

  it('may be JSON, with tabs and Windows line ends', () => {
    expect(parseYaml('{\r\n\t"a": [1, "x"],\r\n\t"b": null\r\n}\r\n')).toEqual({ a: [1, 'x'], b: null });
  });

  it('may start with a byte order mark', () => expect(parseYaml('\ufeffa: 1\n')).toEqual({ a: 1 }));

  it('are single where one is asked for', () => {
    expect(() => parseYaml('a: 1\n---\nb: 1\n')).toThrow('document 2: expected a single document');
  });
});

describe('brackets and quotes that go on left of where the standard wants them', () => {
  it.each<[string, unknown]>([
    ['spec:\n  command: [\n    "sh"\n  ]\n  image: x\n', { spec: { command: ['sh'], image: 'x' } }],
    ['resources: [\na.yaml,\nb.yaml\n]\nkind: X\n', { resources: ['a.yaml', 'b.yaml'], kind: 'X' }],
    ['spec: {\n  a: {\nb: c\n},\n# why\n\n  d: e\n}\nf: g\n', { spec: { a: { b: 'c' }, d: 'e' }, f: 'g' }],
    ['- [\n  a\n]\n- b\n', [['a'], 'b']],
    ['data:\n  k: "{\n  x\\n\n y \\\nz\n  }"\n  l: m\n', { data: { k: '{ x\n y z }', l: 'm' } }],
    ["data:\n  k: 'a\nb\n\nc'\nl: m\n", { data: { k: 'a b\nc' }, l: 'm' }],
    ['data:\r\n  k: [\r\n\t1,\r\n2\r\n]\r\nl: m\r\n', { data: { k: [1, 2] }, l: 'm' }],
  ])('%j', (text, value) => {
    expect(parseYaml(text)).toEqual(value);
  });

  it.each([
    ['a quote that is not closed', 'k: "a\nb: c\n---\nd: "e"\n'],
    ['a bracket that is not closed', 'k: [a\nb\n---\nc: d\n'],
  ])('%s ends with its document', (_name, text) => {
    expect(thrownBy(() => parseYamlDocuments(text))).toBeInstanceOf(YamlError);
  });

  it('do not move the lines that errors name', () => {
    const error = thrownBy(() => parseYaml('a: [\n1\n]\nb:\n  c: 1\n  c: 2\n'));
    expect(error.message).toBe('document 1, line 6: duplicate key "c"');
  });

  it('cost a bounded time, however many there are', () => {
    expect(thrownBy(() => parseYaml(`k: [\n${'x,\n'.repeat(200_000)}`))).toBeInstanceOf(YamlError);
  });
});

describe('anchors', () => {
  it('are copied, so that no two places share an object', () => {
    const value = parseYaml('a: &x {k: [1]}\nb: *x\nc:\n  <<: *x\n  l: 2\n') as Record<
      'a' | 'b' | 'c',
      { k: number[] }
    >;
    expect(value).toEqual({ a: { k: [1] }, b: { k: [1] }, c: { k: [1], l: 2 } });
    value.a.k.push(2);
    expect(value.b.k).toEqual([1]);
    expect(value.c.k).toEqual([1]);
  });

  it('that contain themselves are refused', () => {
    expect(() => parseYaml('a: &x [*x]\n')).toThrow('document 1: an alias contains itself');
  });

  it('that explode are refused before they fill the memory', () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 12; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(',')}]`,
      );
    expect(() => parseYaml(lines.join('\n'))).toThrow('aliases expand to too many nodes');
  });
});

describe('errors', () => {
  it.each<[string, string, string]>([
    ['a duplicate key', 'a: 1\nb: 2\na: 3\n', 'document 1, line 3: duplicate key "a"'],
    ['a duplicate quoted key', 'a: 1\n"a": 3\n', 'document 1, line 2: duplicate key "a"'],
    [
      'a duplicate key that only resolves to the same',
      'on: 1\nyes: 2\n',
      'document 1, line 2: duplicate key "yes"',
    ],
    ['the second document', 'a: 1\n---\nb: [\n', 'document 2, line '],
    [
      'a document behind a comment',
      '# c\n---\na: 1\n---\n# d\nb: 1\nb: 2\n',
      'document 2, line 7: duplicate key "b"',
    ],
    ['a tab as indentation', 'a:\n\tb: 1\n', 'document 1, line 2: '],
    ['an unknown alias', 'a: *nope\n', 'document 1, line 1: unidentified alias "nope"'],
    ['a null key', '~: 1\n', 'document 1, line 1: a mapping key must be a string, number or boolean'],
    ['a list as key', '[a]: 1\n', 'document 1, line 1: a mapping key must be a string, number or boolean'],
    ['a tag that does not fit', 'a: !!int x\n', 'document 1, line 1: cannot resolve a node'],
  ])('name document and line: %s', (_name, text, message) => {
    const error = thrownBy(() => parseYamlDocuments(text));
    expect(error).toBeInstanceOf(YamlError);
    expect(error.message).toContain(message);
  });

  it('do not quote values, which may be secret', () => {
    const error = thrownBy(() => parseYaml('password: "hunter2\n  nested: x\nother: [\n'));
    expect(error.message).not.toContain('hunter2');
  });

  it('are the only thing ever thrown', () => {
    const hostile = fc.string({ unit: fc.constantFrom(...Array.from('ab:- \n\t{}[]&*!|>\'"%@`#?,~0.=<')) });
    fc.assert(
      fc.property(hostile, (text) => {
        try {
          parseYamlDocuments(text);
        } catch (error) {
          expect(error).toBeInstanceOf(YamlError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('refuse a nest that is too deep', () => {
    expect(() => parseYaml('['.repeat(100_000))).toThrow(YamlError);
  });
});

function thrownBy(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

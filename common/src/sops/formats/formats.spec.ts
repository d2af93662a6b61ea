import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYamlDocuments } from '../../yaml/parse.js';
import { fromTree, toTree, type SopsBranch } from '../tree.js';
import { readDotenv, writeDotenv } from './dotenv.js';
import { unflattenMetadata } from './flat-metadata.js';
import { detectFormat, formatOfName, isEncrypted } from './format.js';
import { readIni } from './read-ini.js';
import { readJson } from './read-json.js';
import { readYaml } from './read-yaml.js';
import { writeIni } from './write-ini.js';
import { writeYaml } from './write-yaml.js';

describe('formats (flux-compat 3.4)', () => {
  it.each([
    ['a.yaml', 'yaml'],
    ['a.yml', 'yaml'],
    ['a.json', 'json'],
    ['.dockerconfigjson', 'json'],
    ['a.env', 'dotenv'],
    ['.env', 'dotenv'],
    ['a.ini', 'ini'],
    ['a.txt', 'binary'],
    ['yaml', 'binary'],
  ])('the name %s means %s', (name, format) => {
    expect(formatOfName(name)).toBe(format);
  });

  it.each([
    ['a: 1\nsops:\n    mac: ENC[AES', 'yaml'],
    ['{"sops": {\n"mac": "ENC[AES', 'json'],
    ['A=b\nsops_mac=ENC[AES', 'dotenv'],
    ['[a]\n[sops]\n', 'ini'],
    ['mac: clear', undefined],
  ])('%j is told by its marker to be %s', (content, format) => {
    expect(detectFormat(Buffer.from(content))).toBe(format);
    if (format === 'json') expect(isEncrypted(Buffer.from(content), 'binary')).toBe(true);
  });
});

const roundTrip = (text: string): string => writeYaml(readYaml(text));

describe('YAML', () => {
  it.each([
    'a: b\n',
    'b: 1\na: 2\n',
    '# head\na: 1\n# foot\n',
    'a:\n    # inner\n    b:\n        - 1\n        # item\n        - c: d\n          e: f\n    # foot of a\ng: h\n',
    'a: |\n    two\n    lines\n',
    'a: |-\n    no break\n    at the end\n',
    'a: |4\n     indented\n    text\n',
    'a: |+\n    kept\n\nb: 1\n',
    'a:\n    - |\n      in a list\n      x\n    - - |-\n        deeper\n        y\n',
    "a: 'single: quoted'\n",
    'a: "yes"\nb: "1"\nc: "null"\nd: "2020-01-01"\ne: ""\n',
    'a: null\nb: true\nc: 1.5\nd: 12345678901234567890\n',
    'a: []\nb: {}\n',
    '{}\n',
    'a: 1\n---\nb: 2\n',
    `a: ${'long '.repeat(60)}end\n`,
    '? |-\n    a\n    b\n: c\n',
  ])('%j comes back as it was', (text) => {
    // Keys over several lines are written in quotes instead.
    if (text.startsWith('?')) expect(roundTrip(text)).toBe('? "a\\nb"\n: c\n');
    else expect(roundTrip(text)).toBe(text);
  });

  it.each<[text: string, written: string]>([
    ['a: yes\nb: off\n', 'a: "yes"\nb: "off"\n'],
    ['a: 0x10\nb: 1_000\n', 'a: 16\nb: 1000\n'],
    ['a: !!str 1\n', 'a: "1"\n'],
    ['a: 1 # why\n', '# why\na: 1\n'],
    ['x: &x {a: 1}\nz: *x\n', 'x:\n    a: 1\nz:\n    a: 1\n'],
    ['a:\n- 1\n# next\nb: 2\n', 'a:\n    - 1\n# next\nb: 2\n'],
    ['a: "x # no comment"\nb: |\n    # text\n    y\n', "a: 'x # no comment'\nb: |\n    # text\n    y\n"],
    ['{"a": ["\\ud83d\\ude00\\t"]}', 'a:\n    - "\\U0001F600\\t"\n'],
    ['a: "tab\\there"\n', "a: 'tab\there'\n"],
    ['', ''],
  ])('%j is written as %j', (text, written) => {
    expect(roundTrip(text)).toBe(written);
  });

  it.each([
    { text: "it's: [a] {b} #c", list: [' lead', 'trail ', '\tx', '- dash', '', 'a\n b', '\n\n', 'ü😀'] },
    { 'key: with # signs': { deep: [[1, [2]], { a: [] }] }, n: -0.25, big: 2 ** 50, '': 'no name' },
  ])('what is written reads back the same: %j', (document) => {
    const written = writeYaml([toTree(document) as SopsBranch]);
    expect(parseYamlDocuments(written).map(({ value }) => value)).toEqual([document]);
    expect(readYaml(written).map(fromTree)).toEqual([document]);
  });

  it('reads back whatever it writes', { timeout: 30_000 }, () => {
    const text = fc
      .string({ unit: 'binary', maxLength: 30 })
      .filter((value) => !/\p{Surrogate}/u.test(value));
    const line = fc.constantFrom(
      ' ',
      '\n',
      '\t',
      '#',
      ': ',
      '- ',
      'a',
      '"',
      "'",
      '|',
      '>',
      '&',
      '*',
      '!',
      '%',
      '0',
      '~',
    );
    const scalar = fc.oneof(
      text,
      fc.array(line, { maxLength: 8 }).map((parts) => parts.join('')),
      fc.integer(),
      fc.boolean(),
    );
    const { value: any } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        scalar,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(text, fc.constantFrom('a', 'yes', '1', '- x')), tie('value'), {
          maxKeys: 3,
          noNullPrototype: true,
        }),
      ),
    }));
    const documents = fc.dictionary(fc.constantFrom('a', 'b c', '#', '10', '9'), any, {
      maxKeys: 4,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(documents, (document) => {
        const [branch] = [toTree(document) as SopsBranch];
        expect(fromTree(readYaml(writeYaml([branch]))[0]!)).toEqual(document);
      }),
      { numRuns: 200 },
    );
  });

  it.each<[what: string, text: string, message: string]>([
    ['a list at the top', '- a\n', 'not mappings'],
    ['a key twice', 'a: 1\na: 2\n', 'duplicate key "a"'],
    ['an alias without anchor', 'a: *x\n', 'an alias has no anchor before it'],
    ['a mapping as key', '{{a: 1}: 2}\n', 'a mapping key has to be a text'],
    [
      'a nest of aliases',
      Array.from(
        { length: 12 },
        (_, i) =>
          `a${i}: &a${i} [${Array(10)
            .fill(i ? `*a${i - 1}` : 'x')
            .join(',')}]`,
      ).join('\n'),
      'aliases expand to too many nodes',
    ],
  ])('refuses %s', (_what, text, message) => {
    expect(() => readYaml(text)).toThrow(message);
  });
});

describe('JSON', () => {
  it('keeps order, large integers and escapes', () => {
    const branch = readJson(
      '{"b": 12345678901234567890, "10": -1.5e3, "9": "\\u00e9\\n", "a": [true, null]}',
    );
    expect(branch.items.map((item) => ('key' in item ? item.key : ''))).toEqual(['b', '10', '9', 'a']);
    expect(fromTree(branch)).toEqual({ b: 12345678901234567890n, 10: -1500, 9: 'é\n', a: [true, null] });
  });

  it.each([
    '{"a": 1,}',
    '{"a" 1}',
    '{a: 1}',
    '{"a": 01}',
    '{"a": "\n"}',
    '{} {}',
    '{"a": +1}',
    '{"a": "\\x"}',
    '',
  ])('refuses %j', (text) => {
    expect(() => readJson(text)).toThrow('invalid JSON in line');
  });

  it('refuses a nest that is too deep', () => {
    expect(() => readJson(`{"a": ${'['.repeat(100_000)}`)).toThrow('nested deeper than 500 levels');
  });
});

describe('dotenv', () => {
  it('comes back as it was, without empty lines', () => {
    const { branch, metadata } = readDotenv('# note\nA=b=c\n\nB=x\\ny\nsops_version=3.9.0\n');
    expect(writeDotenv(branch)).toBe('# note\nA=b=c\nB=x\\ny\n');
    expect([...metadata]).toEqual([['version', '3.9.0']]);
  });

  it('names the line that is none', () => {
    expect(() => readDotenv('A=b\nsecret')).toThrow('invalid dotenv input in line 2');
  });
});

describe('INI', () => {
  it.each<[text: string, written: string]>([
    ['a = 1\n[s]\nb: 2\n', 'a = 1\n\n[s]\nb = 2\n'],
    ['; about s\n[s]\n# about b\nb=2\n', '; about s\n[s]\n; about b\nb = 2\n'],
    ['[s]\na = "x"\nb = \'y\'\nc = `z;z`\n', '[s]\na = x\nb = y\nc = `z;z`\n'],
    ['[s]\na = """one\ntwo"""\nb = 1\n', '[s]\na = """one\ntwo"""\nb = 1\n'],
    ['[s]\na = one \\\n  two\n', '[s]\na = one two\n'],
    ['[s]\na = 1 ; gone\n', '[s]\na = 1\n'],
    ['[s]\n`k=1` = v\nlonger = w\n', '[s]\n`k=1`  = v\nlonger = w\n'],
    ['[s]\r\na = 1\r\n', '[s]\na = 1\n'],
    ['[s]\na = 1\n[t]\n[s]\na = 2\n', '[s]\na = 2\n\n[t]\n'],
  ])('%j is written as %j', (text, written) => {
    expect(writeIni(readIni(text).branch)).toBe(written);
  });

  it.each([
    ['[s', 'invalid INI in line 1: the section is not closed'],
    ['[s]\nsecret', 'invalid INI in line 2: there is no "=" after the key'],
    ['[s]\na = `x', 'the value is not closed'],
  ])('refuses %j', (text, message) => {
    expect(() => readIni(text)).toThrow(message);
  });
});

describe('unflattenMetadata', () => {
  it('restores lists and mappings', () => {
    const flat = new Map([
      ['age__list_1__map_enc', 'two\\nlines'],
      ['age__list_0__map_recipient', 'age1'],
      ['key_groups__list_0__map_pgp__list_0__map_fp', 'AB'],
      ['version', '3'],
    ]);
    expect(unflattenMetadata(flat)).toEqual({
      age: [{ recipient: 'age1' }, { enc: 'two\nlines' }],
      key_groups: [{ pgp: [{ fp: 'AB' }] }],
      version: '3',
    });
  });

  it.each(['age__list_99999999__map_enc', 'age__list_x'])('refuses the position in %s', (name) => {
    expect(() => unflattenMetadata(new Map([[name, 'x']]))).toThrow('is no position in a list');
  });

  it('refuses a value that is a list too', () => {
    const flat = new Map([
      ['age', 'x'],
      ['age__list_0', 'y'],
    ]);
    expect(() => unflattenMetadata(flat)).toThrow('both a value and a list');
  });

  it('gives no way to the prototype', () => {
    unflattenMetadata(new Map([['__proto____map_polluted', 'x']]));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

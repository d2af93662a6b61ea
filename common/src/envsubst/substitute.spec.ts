import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emitYaml } from '../yaml/emit.js';
import { parseYaml } from '../yaml/parse.js';
import { SubstitutionError, substitute } from './substitute.js';
import { mergeVariables } from './variables.js';

const variables = {
  v: 'value',
  empty: '',
  path: '/home/bozo/ideas/thoughts.for.today',
  file: 'bash.string.txt',
  upper: 'ABCdef',
  mixed: 'élan ß',
  twice: 'abcABC123ABCabc',
  n: '-3',
  code: '${v}',
  dollar: '$',
  é1: 'accent',
  slashes: 'a/b/c',
  '1x': 'digit',
};

function strict(text: string): string {
  return substitute(text, variables, { strict: true });
}

describe('substitution, the grammar of flux-compat 3.5', () => {
  it.each<[string, string]>(
    [
      // text
      ['plain', 'plain'],
      ['$v', '$v'],
      ['$', '$'],
      ['$ {v}', '$ {v}'],
      ['{v}', '{v}'],
      ['$$', '$'],
      ['$$$$', '$$'],
      ['$${v}', '${v}'],
      ['$$${v}', '$value'],
      ['$${v}${v}', '${v}value'],
      ['$$v', '$v'],
      ['a\\$b\\\\', 'a\\$b\\\\'],
      // values
      ['${v}', 'value'],
      ['a${v}b${v}', 'avaluebvalue'],
      ['${empty}', ''],
      ['${code}', '${v}'],
      ['${dollar}{v}', '${v}'],
      ['${é1}', 'accent'],
      ['${1x}', 'digit'],
      // defaults
      ['${none:=d}', 'd'],
      ['${none=d}', 'd'],
      ['${none:-d}', 'd'],
      ['${none:?d}', 'd'],
      ['${none:+d}', 'd'],
      ['${empty:=d}', 'd'],
      ['${empty=d}', 'd'],
      ['${v:=d}', 'value'],
      ['${v:+d}', 'value'],
      ['${v:?d}', 'value'],
      ['${none:=}', ''],
      ['${none:=a b:c/d}', 'a b:c/d'],
      ['${none:=a\nb}', 'a\nb'],
      ['${none:=${v}}', 'value'],
      ['${none:=a${v}b${v}c}', 'avaluebvaluec'],
      ['${none:=${nope:=${v}}}', 'value'],
      ['${none:=$x$$}', '$x$$'],
      ['${none:=$${v}}', '$value'],
      ['${none:=${v^^}}', 'VALUE'],
      ['${none:==d}', '=d'],
      // length in bytes
      ['${#v}', '5'],
      ['${#mixed}', '8'],
      ['${#empty}', '0'],
      // case
      ['${v^}', 'Value'],
      ['${v^^}', 'VALUE'],
      ['${upper,}', 'aBCdef'],
      ['${upper,,}', 'abcdef'],
      ['${mixed^}', 'Élan ß'],
      ['${mixed^^}', 'ÉLAN ß'],
      ['${empty^}', ''],
      ['${v^,}', 'value'],
      // substring
      ['${path:11}', 'ideas/thoughts.for.today'],
      ['${path:11:5}', 'ideas'],
      ['${path:0:1}', '/'],
      ['${path:${n}}', 'day'],
      ['${path:${n}:2}', 'da'],
      ['${v:9}', ''],
      ['${v:5}', ''],
      ['${v:0:99}', 'value'],
      ['${v:2:0}', ''],
      ['${v:1:-1}', 'alu'],
      ['${v:3:-3}', ''],
      ['${v: -1}', 'value'],
      ['${v:x}', 'value'],
      ['${v:1:x}', 'value'],
      ['${v:1::2}', 'al'],
      ['${mixed:0:2}', 'é'],
      // strip
      ['${file#*.}', 'string.txt'],
      ['${file##*.}', 'txt'],
      ['${file%.*}', 'bash.string'],
      ['${file%%.*}', 'bash'],
      ['${path##*/}', 'thoughts.for.today'],
      ['${path#*/}', 'home/bozo/ideas/thoughts.for.today'],
      ['${file#bash}', '.string.txt'],
      ['${file#nope}', 'bash.string.txt'],
      ['${file#?}', 'ash.string.txt'],
      ['${file%[a-z]xt}', 'bash.string.txt'],
      ['${file#[a-c]}', 'ash.string.txt'],
      ['${file#[}', 'bash.string.txt'],
      ['${file##*}', ''],
      ['${file#*}', 'ash.string.txt'],
      ['${mixed%ß}', 'élan '],
      ['${v#${v}}', ''],
      // replace
      ['${twice/abc/xyz}', 'xyzABC123ABCabc'],
      ['${twice//abc/xyz}', 'xyzABC123ABCxyz'],
      ['${twice/#abc/XYZ}', 'XYZABC123ABCabc'],
      ['${twice/%abc/XYZ}', 'abcABC123ABCXYZ'],
      ['${twice/#ABC/x}', 'abcABC123ABCabc'],
      ['${v/#/pre-}', 'pre-value'],
      ['${v/%/-post}', 'value-post'],
      ['${v/l/}', 'vaue'],
      ['${v//./x}', 'value'],
      ['${slashes/\\//-}', 'a-b/c'],
      ['${slashes//\\//-}', 'a-b-c'],
      ['${slashes//\\//\\\\}', 'a\\b\\c'],
      ['${v/a/$$}', 'v$lue'],
      ['${v/a/$&}', 'v$&lue'],
      ['${v/${v}/x}', 'x'],
      ['${v/a/${upper}}', 'vABCdeflue'],
      ['${v/nope/x}', 'value'],
    ].filter(([text]) => text !== '${v/#val}') as [string, string][],
  )('%s becomes %j', (text, expected) => {
    expect(strict(text)).toBe(expected);
  });

  it.each<[string, string]>([
    ['${', 'unable to parse variable name'],
    ['${}', 'unable to parse variable name'],
    ['${!x}', 'unable to parse variable name'],
    ['${ v}', 'unable to parse variable name'],
    ['${$v}', 'unable to parse variable name'],
    ['${${v}}', 'unable to parse variable name'],
    ['${v', 'missing closing brace'],
    ['${v }', 'missing closing brace'],
    ['${v-d}', 'missing closing brace'],
    ['${v+d}', 'missing closing brace'],
    ['${v?d}', 'missing closing brace'],
    ['${a[0]}', 'missing closing brace'],
    ['${a[@]}', 'missing closing brace'],
    ['${v.x}', 'missing closing brace'],
    ['${#}', 'bad substitution'],
    ['${#v', 'bad substitution'],
    ['${#v-x}', 'bad substitution'],
    ['${v^^^}', 'bad substitution'],
    ['${v^x}', 'bad substitution'],
    ['${v:1${v}}', 'bad substitution'],
    ['${v#a${v}}', 'bad substitution'],
    ['${v/a}', 'bad substitution'],
    ['${v/a/b', 'bad substitution'],
    ['${v:=a', 'unable to parse substitution within function'],
    ['${v:}', 'unable to parse substitution within function'],
    ['${v:1:}', 'unable to parse substitution within function'],
    ['${v#}', 'unable to parse substitution within function'],
    ['${v:=${nope', 'missing closing brace'],
  ])('%s is an error: %s', (text, reason) => {
    expect(() => strict(`before ${text}`)).toThrow(new SubstitutionError(reason));
    expect(() => strict(text)).toThrow(`envsubst error: variable substitution failed: ${reason}`);
  });

  it('finds an error of form before one of a missing variable', () => {
    expect(() => strict('${missing} ${v')).toThrow('missing closing brace');
  });
});

describe('variables that are not set (flux-compat 3.5)', () => {
  const transforms = [
    '',
    '^',
    '^^',
    ',',
    ',,',
    ':1',
    ':0:1',
    '#a',
    '##a',
    '%a',
    '%%a',
    '/a/b',
    '//a/b',
    '/#a/b',
    '/%a/b',
    '/a/',
  ];

  it.each(transforms.map((form) => `\${x${form}}`).concat('${#x}'))(
    'fail strictly, and are empty else: %s',
    (text) => {
      expect(() => strict(text)).toThrow(
        'envsubst error: variable substitution failed: variable not set (strict mode): "x"',
      );
      expect(substitute(text, {}, { strict: false })).toBe(text === '${#x}' ? '0' : '');
    },
  );

  it.each(['${x:=${missing}}', '${v:=${missing}}', '${v/a/${missing}}', '${v:${missing}}'])(
    'fail also inside an argument that is not needed: %s',
    (text) => {
      expect(() => strict(text)).toThrow('variable not set (strict mode): "missing"');
    },
  );

  it('are never found on the prototype', () => {
    expect(() => strict('${constructor}')).toThrow('variable not set (strict mode): "constructor"');
    expect(substitute('${toString}', {}, { strict: false })).toBe('');
  });
});

describe('substitution in a manifest (flux-compat 3.5)', () => {
  const run = (value: unknown, values: Record<string, string>): unknown =>
    parseYaml(substitute(emitYaml({ port: value }), values, { strict: true }));

  it.each<[string, string, Record<string, string>, unknown]>([
    ['a number loses its quotes', '${p}', { p: '80' }, 80],
    ['a quote variable keeps them', '${quote}${p}${quote}', { p: '80', quote: '"' }, '80'],
    ['a value may bring its own quotes', '${p}', { p: '"80"' }, '80'],
    ['an empty value becomes null', '${p}', { p: '' }, null],
    ['a default may be text', '${p:=a b}', {}, 'a b'],
    ['an escaped one stays', '$${p}', { p: '80' }, '${p}'],
  ])('%s', (_name, template, values, expected) => {
    expect(run(template, values)).toEqual({ port: expected });
  });
});

describe('variables (flux-compat 3.5)', () => {
  it('come in layers, later ones win, without line breaks', () => {
    expect(
      mergeVariables([
        { a: '1', b: 'x\ny\n' },
        { a: '2', _c3: '' },
      ]),
    ).toEqual({ a: '2', b: 'xy', _c3: '' });
  });

  it.each(['1a', 'a-b', '', 'a.b', 'é', 'a\n'])('have a proper name, not %j', (name) => {
    expect(() => mergeVariables([{ [name]: 'x' }])).toThrow(
      `envsubst error: '${name}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`,
    );
  });

  it('keep a name like __proto__', () => {
    expect(
      substitute('${__proto__}', mergeVariables([JSON.parse('{"__proto__":"x"}')]), { strict: true }),
    ).toBe('x');
  });
});

describe('any text', () => {
  const unit = fc.constantFrom(
    '$',
    '{',
    '}',
    '${',
    '${v',
    ':',
    '=',
    '-',
    '#',
    '%',
    '/',
    '\\',
    '^',
    ',',
    'v',
    'a',
    ' ',
    '*',
    '[',
    '\n',
    'é',
  );

  it('ends in text or in a SubstitutionError', () => {
    fc.assert(
      fc.property(fc.string({ unit }), fc.boolean(), (text, isStrict) => {
        try {
          expect(typeof substitute(text, variables, { strict: isStrict })).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(SubstitutionError);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('without an expansion only loses doubled dollars', () => {
    fc.assert(
      fc.property(
        fc.string({ unit }).filter((text) => !text.includes('${')),
        (text) => {
          expect(strict(text)).toBe(text.replaceAll('$$', '$'));
        },
      ),
    );
  });

  it('survives when every dollar is doubled', () => {
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        expect(strict(text.replaceAll('$', '$$$$'))).toBe(text);
      }),
    );
  });

  it('is read in linear time and bounded depth', () => {
    expect(strict('${v} $$ '.repeat(50_000))).toHaveLength(8 * 50_000);
    expect(() => strict('${a:='.repeat(50_000))).toThrow('substitutions are nested too deeply');
    expect(strict(`\${v##${'*a'.repeat(2000)}}`)).toBe('value');
    expect(() => strict(`\${v/${'a'.repeat(100_000)}`)).toThrow('bad substitution');
  });
});

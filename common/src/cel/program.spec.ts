import { describe, expect, it } from 'vitest';
import { CelError } from './cel-error.js';
import { compile } from './program.js';
import { Duration, isList, isMap, Optional, Timestamp, TypeValue, Uint, type Value } from './values.js';

/** As it would be written in JSON; what JSON does not have as text. */
function plain(value: Value): unknown {
  if (isList(value)) return value.map(plain);
  if (isMap(value)) return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Uint8Array) return [...value];
  if (value instanceof Timestamp || value instanceof Duration) return `${value.nanos}ns`;
  if (value instanceof TypeValue) return value.typeName;
  if (value instanceof Optional) return value.content === undefined ? 'none' : { some: plain(value.content) };
  return value;
}

const object = {
  apiVersion: 'example.com/v1',
  metadata: { name: 'web', generation: 3, labels: { 'app.kubernetes.io/name': 'web' } },
  spec: { replicas: 3, weight: 0.5, ports: [80, 443], empty: [], nothing: null },
  status: {
    observedGeneration: 3,
    conditions: [
      { type: 'Synced', status: 'True' },
      { type: 'Ready', status: 'False', reason: 'Waiting' },
    ],
  },
};

function evaluate(expression: string): unknown {
  return plain(compile(expression).evaluate({ ...object, self: object }));
}

describe('compile', () => {
  it.each<[expression: string, value: unknown]>([
    // literals
    ['1 + 2 * 3', 7],
    ['-9223372036854775808', -9223372036854775808],
    ['0x1F', 31],
    ['7u', '7u'],
    ['1.5e3', 1500],
    [`"a\\n\\u00e9" == 'a\\né'`, true],
    [`r'\\d' == '\\\\d'`, true],
    [`b'ab'`, [97, 98]],
    ['[1, 2] + [3]', [1, 2, 3]],
    [`{'a': 1, 'b': 2}.b`, 2],
    [`{1: 'a'}[1u]`, 'a'],
    ['null == null', true],
    // JSON numbers are integers
    ['spec.replicas + 1', 4],
    ['spec.replicas / 2', 1],
    ['spec.replicas % 2 == 1', true],
    ['spec.replicas == 3.0', true],
    ['spec.replicas > 2.5', true],
    ['spec.replicas >= 3u', true],
    ['spec.weight + 0.5', 1],
    ['spec.weight < 1', true],
    ['spec.ports[0] == 80', true],
    ['80 in spec.ports', true],
    ['metadata.generation == status.observedGeneration', true],
    ['type(spec.replicas) == int', true],
    ['type(spec.weight) == double', true],
    // numbers across their types
    ['1 == 1.0', true],
    ['1u == 1', true],
    ['2 > 1.5', true],
    ['1 in [1.0, 2.0]', true],
    ['9007199254740993 > 9007199254740992.0', true],
    // values of different types
    [`dyn(1) == 'a'`, false],
    [`spec.replicas != 'a'`, true],
    ['dyn([1]) == dyn({1: 1})', false],
    // conditions
    ['true || 1 / 0 == 1', true],
    ['1 / 0 == 1 || true', true],
    ['false && 1 / 0 == 1', false],
    ['1 / 0 == 1 && false', false],
    [`spec.replicas > 2 ? 'many' : 'few'`, 'many'],
    ['!false', true],
    // presence
    ['has(spec.replicas)', true],
    ['has(spec.other)', false],
    ['has(spec.nothing)', true],
    ['has(metadata.labels) && has(status.conditions)', true],
    // macros
    [`status.conditions.exists(c, c.type == 'Ready' && c.status == 'False')`, true],
    [`status.conditions.all(c, c.status == 'True')`, false],
    [`status.conditions.exists_one(c, c.type == 'Ready')`, true],
    [`status.conditions.filter(c, c.type == 'Ready').all(c, has(c.reason))`, true],
    ['spec.ports.map(p, p + 1)', [81, 444]],
    ['spec.ports.map(p, p > 100, p * 2)', [886]],
    [`metadata.labels.all(k, k.contains('/'))`, true],
    ['[1, 0].exists(x, 10 / x == 10)', true],
    ['[0, 1].exists(x, 10 / x == 10)', true],
    ['[1, 2].all(x, [3, 4].all(y, y > x))', true],
    // optional values
    ['spec.?replicas.orValue(1)', 3],
    ['spec.?other.orValue(1)', 1],
    ['spec.?other.more.hasValue()', false],
    [`metadata.?labels[?'app.kubernetes.io/name'].orValue('')`, 'web'],
    ['spec.ports[?5].orValue(0)', 0],
    ['optional.of(1).optMap(x, x + 1).value()', 2],
    ['optional.none().optMap(x, x + 1)', 'none'],
    ['optional.of(1).optFlatMap(x, optional.of(x))', { some: 1 }],
    ['optional.ofNonZeroValue(0).or(optional.of(5)).value()', 5],
    ['[optional.of(1), optional.none()].unwrapOpt()', [1]],
    ['[1, 2].first().value() + [1, 2].last().value()', 3],
    ['has(spec.?other.more)', false],
    // strings
    [`'tacocat'.charAt(3)`, 'o'],
    [`'tacocat'.charAt(7)`, ''],
    [`'ta😁cat'.charAt(2)`, '😁'],
    [`'hello mellow'.indexOf('ello')`, 1],
    [`'hello mellow'.indexOf('ello', 2)`, 7],
    [`'hello'.indexOf('', 2)`, 2],
    [`'hello'.indexOf('x', 99)`, -1],
    [`'😁😁a'.indexOf('a')`, 2],
    [`'hello mellow'.lastIndexOf('ello')`, 7],
    [`'hello mellow'.lastIndexOf('ello', 6)`, 1],
    [`'hello'.lastIndexOf('')`, 5],
    [`['a', 'b'].join()`, 'ab'],
    [`['a', 'b'].join('-')`, 'a-b'],
    [`'TacoCÆt'.lowerAscii()`, 'tacocÆt'],
    [`'tacocæt'.upperAscii()`, 'TACOCæT'],
    [`'a.b.c'.replace('.', '-')`, 'a-b-c'],
    [`'a.b.c'.replace('.', '-', 1)`, 'a-b.c'],
    [`'a.b.c'.replace('.', '-', 0)`, 'a.b.c'],
    [`'ab'.replace('', '_')`, '_a_b_'],
    [`'ab'.replace('', '_', 2)`, '_a_b'],
    [`'a,b,c'.split(',')`, ['a', 'b', 'c']],
    [`'a,b,c'.split(',', 2)`, ['a', 'b,c']],
    [`'a,b,c'.split(',', 0)`, []],
    [`'a,b'.split(',', -1)`, ['a', 'b']],
    [`'abc'.split('')`, ['a', 'b', 'c']],
    [`'tacocat'.substring(4)`, 'cat'],
    [`'tacocat'.substring(0, 4)`, 'taco'],
    [`' \\ttrim\\n '.trim()`, 'trim'],
    [`'gum😁s'.reverse()`, 's😁mug'],
    [`strings.quote("a\\"b\\n")`, '"a\\"b\\n"'],
    [`'%s is %d'.format(['x', 3])`, 'x is 3'],
    [`'%.2f %e %%'.format([3.14159, 1234.5])`, '3.14 1.234500e+03 %'],
    [`'%b %o %x %X %x'.format([5, 8, 255, 255, 'hi'])`, '101 10 ff FF 6869'],
    [`'%s'.format([[1, 'a', {'b': true}]])`, '[1, a, {b: true}]'],
    [`'%s %s'.format([duration('90s'), timestamp('2024-01-02T03:04:05Z')])`, '90s 2024-01-02T03:04:05Z'],
    [`'abc'.contains('b') && 'abc'.startsWith('a') && 'abc'.endsWith('c')`, true],
    [`size('😁') == 1 && 'ab'.size() == 2 && size([1]) == 1 && {'a': 1}.size() == 1`, true],
    [`'a' < 'b' && '\\uffff' < '😁'`, true],
    // matches is RE2
    [`'v1.2.3'.matches('^v\\\\d+')`, true],
    [`matches('abc', '^b')`, false],
    [`'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'.matches('^(a+)+$')`, false],
    [`'ABC'.matches('(?i)b')`, true],
    // sets
    ['sets.contains([1, 2, 3], [2, 3.0])', true],
    ['sets.contains([1], [2])', false],
    ['sets.equivalent([1, 2, 2], [2, 1])', true],
    ['sets.intersects([1, 2], [2, 3])', true],
    ['sets.intersects([1], [2])', false],
    // encoders
    [`base64.encode(b'hello')`, 'aGVsbG8='],
    [`string(base64.decode('aGVsbG8='))`, 'hello'],
    [`string(base64.decode('aGVsbG8'))`, 'hello'],
    // conversions
    [`int('42') + int(4.9) + int(2u)`, 48],
    [`string(1.5) + string(1e6) + string(true) + string(12)`, '1.51e+06true12'],
    [`double('1e3')`, 1000],
    [`bool('t')`, true],
    [`uint(3)`, '3u'],
    [`string(bytes('é'))`, 'é'],
    // times
    [`timestamp('2024-02-29T12:30:00.5Z').getDayOfYear()`, 59],
    [`timestamp('2024-02-29T23:30:00Z').getDate('+01:00')`, 1],
    [`timestamp('2024-07-01T12:00:00Z').getHours('Europe/Berlin')`, 14],
    [`timestamp('2024-01-01T00:00:00Z').getDayOfWeek()`, 1],
    [`timestamp('2024-01-01T00:00:00Z') + duration('90m') == timestamp('2024-01-01T01:30:00Z')`, true],
    [`timestamp('2024-01-01T01:00:00Z') - timestamp('2024-01-01T00:00:00Z') > duration('59m')`, true],
    [`duration('1h30m').getMinutes()`, 90],
    [`string(duration('1h0.25s'))`, '3600.25s'],
    [`string(timestamp(0))`, '1970-01-01T00:00:00Z'],
    // names
    [`apiVersion == 'example.com/v1'`, true],
    [`self.metadata.name + '/' + metadata.name`, 'web/web'],
    ['[1].map(metadata, metadata)', [1]],
    ['type(timestamp(0)) == google.protobuf.Timestamp', true],
    [`// a comment\n1`, 1],
  ])('gives the value of %s', (expression, value) => {
    expect(evaluate(expression)).toEqual(value);
  });

  it.each<[expression: string, message: string]>([
    ['missing', 'no such attribute(s): missing'],
    ['missing.field.more', 'no such attribute(s): missing.field.more'],
    ['spec.other', 'no such key: other'],
    ['spec.ports[9]', 'index out of bounds: 9'],
    ['spec.replicas.more', 'no such overload'],
    ['1 / 0', 'division by zero'],
    ['1 % 0', 'modulus by zero'],
    ['9223372036854775807 + 1', 'integer overflow'],
    ['uint(-1)', 'unsigned integer overflow'],
    [`1 + dyn('a')`, 'no such overload'],
    ['1 + dyn(1.0)', 'no such overload'],
    [`'a'.charAt(2)`, 'index out of range: 2'],
    [`'a'.substring(2)`, 'index out of range: 2'],
    [`'abc'.substring(2, 1)`, 'invalid substring range. start: 2, end: 1'],
    [`'%d'.format([])`, 'index 0 out of range'],
    [`base64.decode('?')`, 'illegal base64 data'],
    [`timestamp('yesterday')`, 'invalid timestamp'],
    [`duration('1 hour')`, 'invalid duration'],
    [`nonsense(1)`, 'no such overload'],
    [`cel.bind(x, 1, x)`, 'no such'],
    ['optional.none().value()', 'optional.none() dereference'],
    [`spec.ports.all(p, 'a'.matches('(' + string(p)))`, 'error parsing regexp'],
  ])('fails at the evaluation of %s', (expression, message) => {
    const program = compile(expression);
    expect(() => program.evaluate(object)).toThrow(CelError);
    expect(() => program.evaluate(object)).toThrow(`failed to evaluate the CEL expression '${expression}': `);
    expect(() => program.evaluate(object)).toThrow(message);
  });

  it.each<[expression: string, message: string]>([
    ['foo.', 'ERROR: <input>:1:5: Syntax error: '],
    ['1 +\n +', 'ERROR: <input>:2:2: Syntax error: '],
    [`'a`, 'ERROR: <input>:1:1: Syntax error: unterminated string'],
    ['', 'ERROR: <input>:1:1: Syntax error: '],
    ['a b', 'ERROR: <input>:1:3: Syntax error: '],
    [`${'('.repeat(400)}1${')'.repeat(400)}`, 'Syntax error: exceeded maxDepth'],
    [Array.from({ length: 9_000 }, () => '1').join('+'), 'Syntax error: exceeded maxAstNodes'],
    ['x'.repeat(40_000), 'expression is longer than 32768 characters'],
  ])('refuses %s', (expression, message) => {
    expect(() => compile(expression)).toThrow(`failed to parse the CEL expression '${expression}': `);
    expect(() => compile(expression)).toThrow(message);
  });

  it('refuses a written-out pattern that is none', () => {
    expect(() => compile(`metadata.name.matches('(')`)).toThrow(
      /^failed to create CEL program: error parsing regexp/,
    );
    expect(() => compile(`metadata.name.matches('(?=a)')`)).toThrow(/^failed to create CEL program/);
  });

  it('shows the line and the place of a mistake', () => {
    expect(() => compile('true &&\n  foo.')).toThrow(/\n \| {3}foo\.\n \| \.{6}\^$/);
  });
});

describe('the result', () => {
  it('has to be what was asked for', () => {
    expect(() => compile('spec').evaluateBoolean(object)).toThrow(
      `failed to evaluate CEL expression as boolean: 'spec'`,
    );
    expect(() => compile('1').evaluateString(object)).toThrow(
      `failed to evaluate CEL expression as string: '1'`,
    );
    expect(compile(`'a' + metadata.name`).evaluateString(object)).toBe('aweb');
  });
});

describe('an evaluation', () => {
  const list = { items: Array.from({ length: 2_000 }, (_, index) => index) };

  it.each([
    'items.all(a, items.all(b, items.all(c, a + b + c >= 0)))',
    'items.map(a, items)[0].map(b, items.map(c, items + items)) == []',
    `items.map(a, 'x'.replace('', 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy')).join().matches('(a*)*(b*)*(c*)*(d*)*(e{900}){9}$')`,
    'items.exists(a, items.exists(b, items == [a, b] || [items, items] == [items, [a]]))',
    'items.all(a, items.all(b, 1/0 == a || 1/0 == b) || items.all(d, 1/0 == d))',
  ])('ends early when it would cost too much: %s', (expression) => {
    expect(() => compile(expression).evaluate(list)).toThrow(/cost limit exceeded|error parsing regexp/);
  });

  it('does not see what JavaScript adds to objects', () => {
    expect(() => compile('metadata.constructor').evaluate(object)).toThrow('no such key: constructor');
    expect(() => compile('constructor').evaluate(object)).toThrow('no such attribute(s): constructor');
    expect(compile('has(metadata.toString)').evaluate(object)).toBe(false);
    expect(compile(`'__proto__' in metadata`).evaluate(object)).toBe(false);
  });

  it('leaves what it was given as it is', () => {
    const before = structuredClone(object);
    compile('spec.ports.map(p, p + 1) + [1]').evaluate(object);
    expect(object).toEqual(before);
  });
});

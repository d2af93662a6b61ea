import { describe, expect, it } from 'vitest';
import { compile } from './program.js';

describe('a program with declared variables', () => {
  const variables = ['dep', 'self'];

  it.each([
    `dep.status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')`,
    'dep.status.observedGeneration == dep.metadata.generation',
    `dep.metadata.labels['app/version'] == self.metadata.labels['app/version']`,
    `has(dep.status) && dep.status.?lastAppliedRevision.orValue('') != ''`,
    'dep.spec.replicas > 1 && 1 < 2.5',
    `dep.metadata.name.startsWith('a') || 'x' in dep.metadata.labels`,
    'dep.a.b == true',
    '!dep.suspended',
    'size(dep.list) == 0',
    `timestamp(dep.metadata.creationTimestamp) + duration('1m') < timestamp('2030-01-01T00:00:00Z')`,
    'sets.contains(dep.a, [1, 2])',
    'dep == self',
    'null == dep.x',
    `type(dep.x) == string`,
    `[1, 2].exists(x, x == 1)`,
  ])('accepts %s', (expression) => {
    expect(compile(expression, { variables, output: 'bool' }).expression).toBe(expression);
  });

  it.each<[expression: string, message: string]>([
    ['foo', `ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')`],
    [`dep == 'bar'`, `found no matching overload for '_==_' applied to '(map(string, dyn), string)'`],
    [`1 == 'a'`, `found no matching overload for '_==_' applied to '(int, string)'`],
    [`1 + 'a'`, `found no matching overload for '_+_' applied to '(int, string)'`],
    [`1 + 1.0`, `found no matching overload for '_+_' applied to '(int, double)'`],
    [`dep.x.nonsense()`, `undeclared reference to 'nonsense' (in container '')`],
    [`'a'.startsWith(1)`, `found no matching overload for 'startsWith' applied to 'string.(int)'`],
    [`size(1) == 1`, `found no matching overload for 'size' applied to '(int)'`],
    [`[1, 'a'] == dep.x`, `expected type 'int' but found 'string'`],
    [`1 && true`, `expected type 'bool' but found 'int'`],
    [`'a'.b`, `type 'string' does not support field selection`],
    [`1.all(x, true)`, `expression of type 'int' cannot be range of a comprehension`],
    [`'abc'.all(x, true)`, `cannot be range of a comprehension`],
    [`1 in 2`, `found no matching overload for '@in' applied to '(int, int)'`],
    [`cel.bind(x, 1, x == 1)`, 'undeclared reference'],
  ])('refuses %s', (expression, message) => {
    const run = () => compile(expression, { variables, output: 'bool' });
    expect(run).toThrow(`failed to parse the CEL expression '${expression}': `);
    expect(run).toThrow(message);
  });

  it.each<[expression: string, got: string]>([
    [`'foo'`, 'string'],
    ['dep.bar.baz', 'dyn'],
    ['dep', 'map(string, dyn)'],
    [`dep.?x.orValue(true)`, 'dyn'],
    ['[1]', 'list(int)'],
    ['optional.of(1)', 'optional_type(int)'],
    ['timestamp(0)', 'timestamp'],
    ['dyn(true)', 'dyn'],
    ['dep.x ? 1 : 2', 'int'],
    ['[[1]].map(x, x.size())', 'list(int)'],
  ])('refuses the result of %s', (expression, got) => {
    expect(() => compile(expression, { variables, output: 'bool' })).toThrow(
      `CEL expression output type mismatch: expected bool, got ${got}`,
    );
  });

  it('does not see what was not declared', () => {
    const program = compile('dep.a == 1', { variables, output: 'bool' });
    expect(program.evaluateBoolean({ dep: { a: 1 } })).toBe(true);
    expect(() => program.evaluateBoolean({})).toThrow('no such attribute(s): dep');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SelectorError, parseSelector } from './parse-selector.js';
import { formatSelector, matchesSelector, type Selector } from './selector.js';

describe('parseSelector', () => {
  it.each<[string, Selector, string]>([
    ['', [], ''],
    ['  ', [], ''],
    ['env', [{ operator: 'exists', key: 'env' }], 'env'],
    ['!env', [{ operator: 'absent', key: 'env' }], '!env'],
    ['! env', [{ operator: 'absent', key: 'env' }], '!env'],
    ['env=prod', [{ operator: 'in', key: 'env', values: ['prod'] }], 'env=prod'],
    ['env == prod', [{ operator: 'in', key: 'env', values: ['prod'] }], 'env=prod'],
    ['env!=prod', [{ operator: 'notin', key: 'env', values: ['prod'] }], 'env!=prod'],
    ['env=', [{ operator: 'in', key: 'env', values: [''] }], 'env='],
    [
      'env=,a',
      [
        { operator: 'in', key: 'env', values: [''] },
        { operator: 'exists', key: 'a' },
      ],
      'env=,a',
    ],
    ['env in (prod, dev)', [{ operator: 'in', key: 'env', values: ['dev', 'prod'] }], 'env in (dev,prod)'],
    ['env in(prod)', [{ operator: 'in', key: 'env', values: ['prod'] }], 'env=prod'],
    ['env in (a,a,)', [{ operator: 'in', key: 'env', values: ['', 'a'] }], 'env in (,a)'],
    ['env in ()', [{ operator: 'in', key: 'env', values: [''] }], 'env='],
    ['env notin (a,b)', [{ operator: 'notin', key: 'env', values: ['a', 'b'] }], 'env notin (a,b)'],
    ['env in (in,notin)', [{ operator: 'in', key: 'env', values: ['in', 'notin'] }], 'env in (in,notin)'],
    ['n>5', [{ operator: 'gt', key: 'n', value: 5n }], 'n>5'],
    ['n < -5', [{ operator: 'lt', key: 'n', value: -5n }], 'n<-5'],
    [
      'app.kubernetes.io/name=web,!legacy , tier in (a)',
      [
        { operator: 'in', key: 'app.kubernetes.io/name', values: ['web'] },
        { operator: 'absent', key: 'legacy' },
        { operator: 'in', key: 'tier', values: ['a'] },
      ],
      'app.kubernetes.io/name=web,!legacy,tier=a',
    ],
  ])('reads %j', (text, selector, formatted) => {
    expect(parseSelector(text)).toEqual(selector);
    expect(formatSelector(selector)).toBe(formatted);
    expect(parseSelector(formatted)).toEqual(selector);
  });

  it.each<[string, number, string]>([
    [',', 1, 'expected a label key, found ","'],
    ['a,', 3, 'expected a label key, found the end'],
    ['a,,b', 3, 'expected a label key, found ","'],
    ['a b', 3, 'expected one of =, ==, !=, in, notin, <, > or \',\', found "b"'],
    ['a=b c', 5, 'expected \',\' or the end, found "c"'],
    ['a=b=c', 4, 'expected \',\' or the end, found "="'],
    ['a===b', 4, 'expected a label value, found "="'],
    ['=b', 1, 'expected a label key, found "="'],
    ['in (a)', 1, 'expected a label key, found "in"'],
    ['a in', 5, "expected '(', found the end"],
    ['a in b', 6, 'expected \'(\', found "b"'],
    ['a in (b', 8, "expected ',' or ')', found the end"],
    ['a in (b c)', 9, "expected ',' or ')', found \"c\""],
    ['a in ((b))', 7, 'expected a label value, found "("'],
    ['!a=b', 3, 'expected \',\' or the end, found "="'],
    ['!', 2, 'expected a label key, found the end'],
    ['a>x', 3, 'expected an integer, found "x"'],
    ['a>', 3, 'expected an integer, found the end'],
    ['-a', 1, 'a key must have 1 to 63 letters'],
    ['a/b/c', 1, 'a key must have 1 to 63 letters'],
    ['A.b/c', 1, 'the part before / must be a DNS name'],
    ['/c', 1, 'the part before / must be a DNS name'],
    [`x=${'v'.repeat(64)}`, 3, 'a value must have at most 63'],
    ['x=-v', 3, 'a value must have at most 63'],
    ['x=a/b', 3, 'a value must have at most 63'],
    ["x='a'", 3, 'a value must have at most 63'],
  ])('says where %j is wrong', (text, position, reason) => {
    expect(() => parseSelector(text)).toThrow(
      `label selector ${JSON.stringify(text)}: at position ${position}: ${reason}`,
    );
  });

  it('reads any text or throws a SelectorError', () => {
    const unit = fc.constantFrom(
      'a',
      'b',
      ' ',
      ',',
      '=',
      '!',
      '(',
      ')',
      '<',
      '>',
      ' in ',
      ' notin ',
      '1',
      '-',
      '/',
      '.',
    );
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        try {
          const selector = parseSelector(text);
          expect(parseSelector(formatSelector(selector))).toEqual(selector);
        } catch (error) {
          expect(error).toBeInstanceOf(SelectorError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('matchesSelector', () => {
  const labels = { env: 'prod', tier: '', n: '7', big: '9007199254740993' };

  it.each<[string, boolean]>([
    ['', true],
    ['env', true],
    ['!env', false],
    ['nope', false],
    ['!nope', true],
    ['env=prod', true],
    ['env=dev', false],
    ['env!=dev', true],
    ['env!=prod', false],
    ['nope=x', false],
    ['nope!=x', true],
    ['tier=', true],
    ['nope=', false],
    ['tier', true],
    ['env in (dev,prod)', true],
    ['env notin (dev,prod)', false],
    ['nope in (a)', false],
    ['nope notin (a)', true],
    ['n>6', true],
    ['n>7', false],
    ['n<8', true],
    ['env>1', false],
    ['nope<1', false],
    ['big>9007199254740992', true],
    ['env=prod,n>6', true],
    ['env=prod,n>7', false],
    ['constructor', false],
  ])('%j: %s', (text, expected) => expect(matchesSelector(parseSelector(text), labels)).toBe(expected));

  it('takes an object without labels', () => {
    expect(matchesSelector(parseSelector('!a'), undefined)).toBe(true);
    expect(matchesSelector(parseSelector('a'), undefined)).toBe(false);
  });
});

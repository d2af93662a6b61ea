import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { parseConstraint } from './constraint.js';
import { highestMatch, highestMatches } from './highest-match.js';
import { satisfies } from './satisfies.js';
import { compareVersions, parseVersion } from './version.js';

describe('versions (flux-compat 2.3)', () => {
  it.each([
    '1.2.3',
    'v1.2.3',
    '0.0.0',
    '1.2.3-rc.1',
    '1.2.3-0a.-.x',
    '1.2.3+build.01',
    'v1.2.3-a+b',
    '20240101123456.0.18446744073709551615',
  ])('accept %s', (text) => expect(parseVersion(text)?.original).toBe(text));

  it.each([
    '',
    '1',
    '1.2',
    'v1.2',
    'V1.2.3',
    'vv1.2.3',
    '1.2.3.4',
    '01.2.3',
    '1.02.3',
    '1.2.3-',
    '1.2.3-01',
    '1.2.3-a..b',
    '1.2.3+',
    '=1.2.3',
    ' 1.2.3',
    '1.2.3 ',
    '1.x.3',
    '-1.2.3',
    '1.2.18446744073709551616',
    'latest',
    '1.2.3_a',
  ])('refuse %j', (text) => expect(parseVersion(text)).toBeUndefined());

  it('are ordered by precedence', () => {
    const order = [
      '0.0.1',
      '0.9.0',
      '1.0.0-0',
      '1.0.0-9',
      '1.0.0-10',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.0.20240101120000123',
      '1.0.20240101120000124',
      '1.10.0',
      '2.0.0',
    ];
    const sorted = order.toReversed().sort((a, b) => compareVersions(parseVersion(a)!, parseVersion(b)!));
    expect(sorted).toEqual(order);
  });

  it('are ordered as the standard says, metadata aside', () => {
    const number = fc.integer({ min: 0, max: 12 });
    const pre = fc.option(
      fc.array(fc.oneof(number.map(String), fc.constantFrom('a', 'rc', 'x-1')), {
        minLength: 1,
        maxLength: 3,
      }),
      { nil: undefined },
    );
    const version = fc
      .tuple(number, number, number, pre)
      .map(([a, b, c, p]) => `${a}.${b}.${c}${p ? `-${p.join('.')}` : ''}`);
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(compareVersions(parseVersion(a)!, parseVersion(`v${b}+meta`)!)).toBe(semver.compare(a, b));
      }),
    );
  });
});

function check(rows: readonly (readonly [constraint: string, yes: string, no: string])[]): void {
  const each = rows.flatMap(([constraint, yes, no]) => [
    ...words(yes).map((version) => [version, constraint, true] as const),
    ...words(no).map((version) => [version, constraint, false] as const),
  ]);
  it.each(each)('%s in "%s": %s', (version, constraint, expected) => {
    expect(satisfies(parseVersion(version)!, parseConstraint(constraint))).toBe(expected);
  });
}

function words(text: string): string[] {
  return text.split(' ').filter(Boolean);
}

describe('ranges (flux-compat 5.2)', () => {
  check([
    ['*', '0.0.0 4.5.6', '1.2.3-alpha.1'],
    ['x', '1.2.3', ''],
    ['*-0', '1.2.3-alpha.1 1.2.3', ''],
    ['1.2.3', '1.2.3 1.2.3+meta', '1.2.4 1.2.3-rc.1'],
    ['=1.2.3', '1.2.3', '1.2.4'],
    ['v1.2.3', '1.2.3', '1.2.2'],
    ['2', '2.0.0 2.9.9', '1.9.9 3.0.0'],
    ['2.x', '2.1.1', '3.4.5 1.0.0'],
    ['2.1.*', '2.1.1', '2.2.1'],
    ['= 2.0', '2.0.0 2.0.9', '2.1.0'],
    ['!=4.1.0', '4.1.1 4.0.9', '4.1.0'],
    ['!=4.1', '5.1.0 4.2.0', '4.1.0 4.1.9 5.1.0-alpha.1'],
    ['!=4.x', '5.1.0', '4.1.0'],
    ['!=4.1-alpha', '4.1.0', '4.1.0-alpha 4.1.1-alpha'],
    ['>1.2.3', '1.2.4', '1.2.3 1.2.2'],
    ['>1.1', '1.2.0 4.1.0', '1.1.0 1.1.9'],
    ['>11', '12.0.0', '11.1.0'],
    ['>0', '1.0.0', '0.0.1 0.0.1-alpha'],
    ['>1.2.3-alpha.1', '1.2.3-alpha.2 1.3.3-alpha.2 1.2.3', '1.2.3-alpha.1'],
    ['>=1.1', '1.1.0 4.1.0', '1.0.9 4.1.0-beta'],
    ['>= 1.1', '1.1.0', '1.0.9'],
    ['=>1.1', '1.1.0', '1.0.9'],
    ['>=1.0.0-0', '1.0.0-rc.1 1.2.4-rc.1 1.0.0', '0.9.0'],
    ['<11', '0.1.0 10.9.9', '11.0.0 11.1.0'],
    ['<1.1', '0.1.0 1.0.9', '1.1.0 1.1.1'],
    ['<1.x', '0.1.1', '1.1.1 2.0.0'],
    ['<=11', '11.2.3 1.2.3', '12.2.3'],
    ['<=1.1', '1.1.1 0.9.0', '1.2.3 0.1.0-alpha'],
    ['=<1.1', '1.1.1', '1.2.0'],
    ['<=1.1-a', '0.1.0-alpha', '1.2.0'],
    ['~1.2.3', '1.2.3 1.2.9', '1.2.2 1.3.0'],
    ['~>1.2.3', '1.2.9', '1.3.0'],
    ['~1.2', '1.2.0 1.2.9', '1.3.0 1.2.3-beta'],
    ['~1', '1.0.0 1.9.9', '2.0.0'],
    ['~*', '2.1.1', ''],
    ['~0.0.0', '1.2.3 9.9.9', ''],
    ['~0.2.3', '0.2.5', '0.3.0'],
    ['~1.2.3-beta.2', '1.2.3-beta.4 1.2.4-beta.2 1.2.3', '1.3.4-beta.2 1.2.3-beta.1'],
    ['^1.2.3', '1.2.3 1.8.9', '2.0.0 1.2.1'],
    ['^1.2', '1.2.0 1.8.9', '2.8.9'],
    ['^1', '1.8.9', '2.8.9'],
    ['^0.2.3', '0.2.3 0.2.5', '0.3.0 1.0.0'],
    ['^0.2', '0.2.5', '0.5.6'],
    ['^0.0.3', '0.0.3', '0.0.4 0.1.0'],
    ['^0.0', '0.0.3', '0.1.4 1.0.4'],
    ['^0', '0.2.3', '1.1.4'],
    ['^0.0.0', '0.0.0', '1.2.3'],
    ['^1.2.0', '', '1.2.1-alpha.1'],
    ['^1.2.0-alpha.0', '1.2.1-alpha.1 1.2.0-alpha.0', '1.1.0-alpha.5'],
    // several
    ['>1.1, <2', '1.2.1', '1.1.1 2.0.0'],
    ['>1.1 <2', '1.2.1', '1.1.1'],
    ['>=1.2.3,<2.0.0', '1.9.9', '2.0.0'],
    ['>= 1.1 , < 2 , != 1.2.3', '1.2.2', '1.2.3'],
    ['>=1.1 <2 !=1.2.3 || > 3', '4.1.2 1.2.2', '3.1.2 1.2.3'],
    ['<1 || >=3', '0.1.0 3.0.0', '1.0.0 2.9.9'],
    // a prerelease anywhere in an alternative opens all of it
    ['>=1.0.0-0 <2.0.0', '1.5.0-rc.1 2.0.0-rc.1', '2.0.0'],
    ['>=1.0.0 <2.0.0-0', '1.5.0-rc.1', '2.0.0-rc.1'],
    ['>=1.0.0-0 || ^3', '3.0.0-rc.1', ''],
    ['^3 || 1.0.0-0', '', '3.0.0-rc.1'],
    // hyphen
    ['1.1 - 2', '1.1.1 2.9.9', '3.0.0 1.0.9'],
    ['1.5.0 - 4.5', '4.5.9 1.5.0', '4.6.0'],
    ['1.0.0 - 2.0.0, <=1.5.0', '1.5.0', '1.6.0'],
    ['1.0.0 - 2.0.0 <=1.5.0', '1.5.0', '1.6.0'],
    ['1 - 2 || 4 - 5', '1.0.0 5.9.9', '3.0.0'],
    ['1.1-3', '1.1.0-3 1.1.0', '4.3.2'],
    // numbers beyond a double
    ['>1.0.20240101120000123', '1.0.20240101120000124', '1.0.20240101120000123'],
  ]);

  it.each([
    '',
    ' ',
    'foo',
    '>= bar',
    'BAR >= 1.2.3',
    '12.3.4.1234',
    '12.3.34~ 1.2.3',
    '1.2.3,',
    ',1.2.3',
    '1,,2',
    '>',
    '> >1',
    '1<2',
    '1 -2',
    '1 - ',
    '>1 - 2',
    '^1 - 2',
    '||',
    '1 ||',
    '1x',
    'x1.2',
    '1.2.3-01',
    '>=1.0.0|<2',
    '1.2.3-',
  ])('refuse %j', (text) => expect(() => parseConstraint(text)).toThrow('improper constraint: '));

  it('are read in linear time', () => {
    expect(() => parseConstraint('1'.repeat(100_000))).toThrow('improper constraint');
    expect(() => parseConstraint(`${'>=1 '.repeat(50_000)}!`)).toThrow('improper constraint');
    expect(() => parseConstraint(`1${' '.repeat(100_000)}!`)).toThrow('improper constraint');
  });

  it('agree with the npm dialect where both have the same rules', () => {
    const number = fc.integer({ min: 0, max: 3 });
    const version = fc.tuple(number, number, number).map((parts) => parts.join('.'));
    const partial = fc
      .tuple(number, number, number, fc.constantFrom(1, 2, 3))
      .map(([a, b, c, n]) => [a, b, c].slice(0, n).join('.'));
    const term = fc
      .tuple(fc.constantFrom('', '=', '>', '<', '>=', '<=', '~', '^'), partial)
      .map(([operator, text]) => operator + text);
    const range = fc.array(term, { minLength: 1, maxLength: 3 }).map((terms) => terms.join(' '));
    fc.assert(
      fc.property(
        range.filter((text) => !/~0(\.0){2}/.test(text)),
        version,
        (text, candidate) => {
          expect(satisfies(parseVersion(candidate)!, parseConstraint(text))).toBe(
            semver.satisfies(candidate, text),
          );
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('highestMatch (flux-compat 2.3, 5.2)', () => {
  const tags = ['latest', 'v1.0.0', '1.0.0', '1.2', 'v1.9.0', '1.10.0', '2.0.0-rc.1', '1.10.0+build'];

  it.each<[string, string | undefined]>([
    ['*', '1.10.0'],
    ['<1.9', 'v1.0.0'],
    ['>=1.0.0-0', '2.0.0-rc.1'],
    ['^1.9.0', '1.10.0'],
    ['>=3', undefined],
  ])('%s is %s', (range, tag) => expect(highestMatch(range, tags)).toBe(tag));

  it('gives all tags of the same version, in their order', () => {
    expect(highestMatches('*', tags)).toEqual(['1.10.0', '1.10.0+build']);
    expect(highestMatches('1.0.0', tags)).toEqual(['v1.0.0', '1.0.0']);
  });

  it('names the range that it cannot read', () => {
    expect(() => highestMatch('foo', tags)).toThrow('improper constraint: foo');
  });
});

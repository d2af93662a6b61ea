import { describe, expect, it } from 'vitest';
import { parseJson, stringifyJson } from './json.js';

describe('JSON of the API server', () => {
  const rows: ReadonlyArray<[name: string, text: string]> = [
    ['an int64 beyond 2^53', '{"a":9223372036854775807}'],
    ['a negative int64', '{"a":[-9223372036854775808,1]}'],
    ['a list of large integers', '[12345678901234567890,12345678901234567891]'],
    ['digits inside a string', '{"a":"x:12345678901234567890, 1"}'],
    ['an escaped quote before digits', '{"a":"\\",12345678901234567890","b":12345678901234567890}'],
    ['ordinary numbers', '{"a":1.5,"b":-2,"c":9007199254740991}'],
    ['a string that looks like the mark', '{"a":"\\u0000bigint:x","b":1}'],
  ];
  it.each(rows)('keeps every digit of %s', (_name, text) => {
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  it('reads a large integer as bigint and a small one as number', () => {
    expect(parseJson('{"a":9007199254740993,"b":42}')).toEqual({ a: 9007199254740993n, b: 42 });
  });

  it('leaves long fractions to JSON.parse', () => {
    const text = '{"a":0.12345678901234567,"b":12345678901234567e2}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('still refuses what is not JSON', () => {
    expect(() => parseJson('{"a":')).toThrow(SyntaxError);
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(() => stringifyJson(loop)).toThrow(TypeError);
  });
});

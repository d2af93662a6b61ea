import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeJson } from './encode-json.js';

describe('encodeJson', () => {
  it('writes bigint as a number', () => {
    expect(encodeJson({ a: 2n ** 63n, b: [-(2n ** 63n)], c: undefined, d: [undefined, null] })).toBe(
      '{"a":9223372036854775808,"b":[-9223372036854775808],"d":[null,null]}',
    );
  });

  it('equals JSON.stringify for everything else, with or without a bigint beside it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(encodeJson(value)).toBe(JSON.stringify(value));
        expect(encodeJson([value, 1n])).toBe(JSON.stringify([value, 1]));
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prettyJson } from './json.js';

describe('JSON for people', () => {
  it('is what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(prettyJson(value)).toBe(`${JSON.stringify(value, null, 2)}\n`);
      }),
    );
  });

  it('writes integers beyond 2^53 digit by digit', () => {
    expect(prettyJson({ value: 9_007_199_254_740_993n, none: undefined })).toBe(
      '{\n  "value": 9007199254740993\n}\n',
    );
  });
});

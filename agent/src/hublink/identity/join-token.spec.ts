import { describe, expect, it } from 'vitest';
import { InvalidJoinTokenError, pinOf } from './join-token.js';

const pin = Buffer.alloc(32, 7);

describe('a join token', () => {
  it('carries the pin of the hub', () => {
    expect(pinOf(` flj_abc_secret_${pin.toString('base64url')}\n`)).toEqual(pin);
  });

  it.each(['', 'flj_abc', 'flt_abc_secret_pin', `flj_abc_secret_${pin.toString('base64url').slice(1)}`])(
    'is refused when it is not complete, without being repeated: %s',
    (token) => {
      expect(() => pinOf(token)).toThrow(InvalidJoinTokenError);
      if (token) expect(() => pinOf(token)).not.toThrow(token);
    },
  );
});

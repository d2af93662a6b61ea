import { describe, expect, it } from 'vitest';
import { formatJoinToken, parseJoinToken } from './join-token.js';

const secret = 'a1'.repeat(32);
// A pin may hold both characters that base64url adds, the separator included.
const pin = `${'A'.repeat(20)}_-_${'b'.repeat(20)}`;

describe('a join token', () => {
  it('is read as it was written, blanks around it do not matter', () => {
    expect(parseJoinToken(` ${formatJoinToken('tok1', secret, pin)}\n`)).toEqual({ id: 'tok1', secret });
  });

  it.each([
    ['nothing', ''],
    ['an API token', `flt_tok1_${secret}`],
    ['a token without pin', `flj_tok1_${secret}`],
    ['a token whose end is missing', formatJoinToken('tok1', secret, pin).slice(0, -1)],
    ['a token with a short secret', formatJoinToken('tok1', 'abc', pin)],
    ['a token with other characters', formatJoinToken('tok 1', secret, pin)],
  ])('is not %s', (_, text) => {
    expect(parseJoinToken(text)).toBeUndefined();
  });
});

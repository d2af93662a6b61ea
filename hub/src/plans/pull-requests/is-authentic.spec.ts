import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isAuthentic } from './is-authentic.js';

const secret = 'a secret of a hook';
const body = Buffer.from('{"a":1}');
const signature = createHmac('sha256', secret).update(body).digest('hex');

describe('a delivery', () => {
  it.each([
    ['github', `sha256=${signature}`, true],
    ['github', signature, false],
    ['github', '', false],
    ['github', 'sha1=00', false],
    ['gitea', signature, true],
    ['gitea', signature.replace(/.$/, (last) => (last === '0' ? '1' : '0')), false],
    ['gitlab', secret, true],
    ['gitlab', `${secret} `, false],
    ['gitlab', '', false],
  ] as const)('of %s with the proof %j is authentic: %s', (provider, proof, expected) => {
    expect(isAuthentic(provider, secret, body, proof)).toBe(expected);
  });

  it('is not authentic when a byte of it was changed', () => {
    expect(isAuthentic('github', secret, Buffer.from('{"a":2}'), `sha256=${signature}`)).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { ClearTexts } from './clear-texts.js';

describe('ClearTexts', () => {
  const clear = new ClearTexts();
  clear.add('pass"word');
  clear.add('first line\n  second line\n');
  clear.add(4711);
  clear.add(true);
  clear.add({ kind: 'comment', text: ' a remark' });
  clear.add(new Uint8Array(Buffer.from('bytes')));
  clear.add('ab');

  it.each([
    'invalid value pass"word',
    'json: {"a":"pass\\"word"}',
    `data: ${Buffer.from('pass"word').toString('base64')}`,
    'near "second line"',
    'pin is 4711',
    'unexpected: a remark',
    'got bytes',
  ])('finds what was decrypted in %j', (message) => {
    expect(clear.isQuotedIn(message)).toBe(true);
  });

  it.each(['invalid value true', 'about a tab', ''])('finds nothing in %j', (message) => {
    expect(clear.isQuotedIn(message)).toBe(false);
  });
});

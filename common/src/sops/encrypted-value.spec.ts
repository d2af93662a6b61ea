import { describe, expect, it } from 'vitest';
import { decryptValue, type ClearValue } from './encrypted-value.js';
import { encryptText, newDataKey } from './sops-encryptor.fixture.js';

const dataKey = newDataKey();

describe('decryptValue (flux-compat 3.4)', () => {
  it.each<[type: string, text: string, value: ClearValue]>([
    ['str', 'pässword 🔑', 'pässword 🔑'],
    ['str', 'line\nline\n', 'line\nline\n'],
    ['bytes', 'raw', 'raw'],
    ['int', '42', 42],
    ['int', '-7', -7],
    ['int', '9223372036854775807', 9223372036854775807n],
    ['float', '1234.5678', 1234.5678],
    ['float', '1', 1],
    ['float', '+Inf', Infinity],
    ['bool', 'True', true],
    ['bool', 'false', false],
    ['comment', ' why', { kind: 'comment', text: ' why' }],
  ])('reads the type %s: %j', async (type, text, value) => {
    const encrypted = await encryptText(text, type, dataKey, 'a:b:');
    expect(decryptValue(encrypted, dataKey, 'a:b:')).toEqual(value);
  });

  it('keeps bytes that are no UTF-8', async () => {
    const bytes = Uint8Array.from([0xff, 0x00, 0xfe]);
    expect(decryptValue(await encryptText(bytes, 'str', dataKey, 'data:'), dataKey, 'data:')).toEqual(bytes);
  });

  it('leaves the empty text as it is: SOPS does not encrypt it', () => {
    expect(decryptValue('', dataKey, 'a:')).toBe('');
  });

  it('refuses a value that was moved to another key', async () => {
    const encrypted = await encryptText('x', 'str', dataKey, 'a:');
    expect(() => decryptValue(encrypted, dataKey, 'b:')).toThrow('message authentication failed');
  });

  it.each<[what: string, change: (encrypted: string) => string, message: string]>([
    ['clear text', () => 'secret-word', "not in SOPS' data format"],
    ['broken base64', (text) => text.replace('data:', 'data:*'), 'invalid base64'],
    ['a shortened tag', (text) => text.replace(/tag:[^,]+/, 'tag:AAAA'), 'the tag has 3 bytes instead of 16'],
    ['another type', (text) => text.replace('type:str', 'type:map'), 'unknown type'],
    ['changed data', (text) => text.replace(/data:[^,]+/, 'data:AAAA'), 'message authentication failed'],
    ['a text that is called a number', (text) => text.replace('type:str', 'type:int'), 'is no integer'],
  ])('refuses %s without quoting it', async (_what, change, message) => {
    const encrypted = change(await encryptText('secret-word', 'str', dataKey, 'a:'));
    expect(() => decryptValue(encrypted, dataKey, 'a:')).toThrow(message);
    expect(() => decryptValue(encrypted, dataKey, 'a:')).not.toThrow(/secret-word/);
  });

  it('refuses a data key of another length', async () => {
    const encrypted = await encryptText('x', 'str', dataKey, 'a:');
    expect(() => decryptValue(encrypted, dataKey.subarray(16), 'a:')).toThrow('16 bytes instead of 32');
  });
});

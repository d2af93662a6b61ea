import { describe, expect, it } from 'vitest';
import { withoutCredentials } from './address.js';

describe('an address', () => {
  it.each([
    ['https://user:p@ss@example.com/x.git', 'https://example.com/x.git'],
    ['https://example.com/a@b.git', 'https://example.com/a@b.git'],
    ['oci://token@example.com/x', 'oci://example.com/x'],
    ['minio.example.com', 'minio.example.com'],
  ])('of %s is %s', (url, expected) => {
    expect(withoutCredentials(url)).toBe(expected);
  });
});

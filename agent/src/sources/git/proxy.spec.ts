import { describe, expect, it } from 'vitest';
import type { SecretData } from './credentials.js';
import { proxyAddress } from './proxy.js';

describe('the proxy of a Secret (flux-compat 2.3)', () => {
  it.each<[string, SecretData, string]>([
    ['an address', { address: 'http://proxy.test:3128' }, 'http://proxy.test:3128/'],
    [
      'a user name and a password with characters that mean something in an address',
      { address: 'https://proxy.test', username: 'u@x', password: 'p/ß:@' },
      'https://u%40x:p%2F%C3%9F%3A%40@proxy.test/',
    ],
    [
      'a user name without a password, which is an empty one',
      { address: 'http://proxy.test:3128', username: 'u@x' },
      'http://u%40x:@proxy.test:3128/',
    ],
    ['a user of the address without a password', { address: 'http://u@proxy.test' }, 'http://u:@proxy.test/'],
    ['user information of the address', { address: 'http://u:p@proxy.test' }, 'http://u:p@proxy.test/'],
  ])('is %s', (_, secret, expected) => {
    expect(proxyAddress(secret, 'apps/proxy')).toBe(expected);
  });

  it.each<[string, SecretData, string]>([
    ['without an address', { username: 'u' }, "secret 'apps/proxy': key 'address' not found"],
    ['with an empty one', { address: '' }, "secret 'apps/proxy': 'address' is not the address of a proxy"],
    [
      'with another scheme',
      { address: 'socks5://u:s3cret@proxy.test' },
      "secret 'apps/proxy': proxy URL must use http or https scheme, got 'socks5'",
    ],
  ])('is refused %s', (_, secret, message) => {
    expect(() => proxyAddress(secret, 'apps/proxy')).toThrow(message);
    expect(() => proxyAddress(secret, 'apps/proxy')).not.toThrow(/s3cret/);
  });
});

import { describe, expect, it } from 'vitest';
import { parseAddress } from './address.js';

describe('the address of a hub', () => {
  it.each([
    ['hub.example.com:8443', { host: 'hub.example.com', port: 8443 }],
    ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
    ['[::1]:8443', { host: '::1', port: 8443 }],
  ])('%s has a host and a port', (text, expected) => {
    expect(parseAddress(text)).toEqual(expected);
  });

  it.each(['hub.example.com', 'https://hub.example.com', ':8443', '::1:8443'])(
    '%s says what is expected',
    (text) => {
      expect(() => parseAddress(text)).toThrow('write host:port');
    },
  );
});

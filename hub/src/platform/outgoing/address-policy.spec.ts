import { describe, expect, it } from 'vitest';
import { isAllowedHost, isRefusedAddress } from './address-policy.js';

describe('an address', () => {
  it.each([
    '169.254.169.254',
    '169.254.0.1',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
    '0.0.0.0',
    '::',
    '::ffff:0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    'ff02::1',
    'no address',
  ])('%s is refused', (address) => expect(isRefusedAddress(address)).toBe(true));

  it.each(['127.0.0.1', '::1', '10.0.0.1', '192.168.1.1', '172.16.0.9', '8.8.8.8', '2a00::1', 'fd12::1'])(
    '%s is not',
    (address) => expect(isRefusedAddress(address)).toBe(false),
  );
});

describe('a list of hosts', () => {
  it.each<[list: string, url: string, allowed: boolean]>([
    ['', 'http://anything', true],
    ['ci.example.com', 'https://ci.example.com/x', true],
    ['ci.example.com', 'https://CI.example.com.:8443/x', true],
    ['CI.example.com', 'https://ci.example.com', true],
    ['ci.example.com', 'https://evil-ci.example.com', false],
    ['ci.example.com', 'https://ci.example.com.evil.net', false],
    ['ci.example.com:443', 'https://ci.example.com', true],
    ['ci.example.com:443', 'http://ci.example.com', false],
    ['ci.example.com:80', 'http://ci.example.com', true],
    ['*.example.com', 'https://a.b.example.com', true],
    ['*.example.com', 'https://example.com', false],
    ['*.example.com', 'https://badexample.com', false],
    ['127.0.0.1:9', 'http://127.0.0.1:9/', true],
    ['[::1]', 'http://[::1]:80/', true],
    ['[::1]:81', 'http://[::1]:80/', false],
    ['a,ci.example.com', 'https://ci.example.com', true],
  ])('"%s" and %s: %s', (list, url, allowed) =>
    expect(isAllowedHost(list === '' ? [] : list.split(','), new URL(url))).toBe(allowed),
  );
});

import { describe, expect, it } from 'vitest';
import { authorizationHeader, gitRemote, type SecretData } from './credentials.js';

const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('credentials of a Git remote (flux-compat 2.3)', () => {
  it.each<[string, string, SecretData | undefined, string | undefined]>([
    ['nothing without a Secret', 'https://git.test/x', undefined, undefined],
    ['user name and password', 'https://git.test/x', { username: 'u', password: 'p' }, basic('u:p')],
    ['them over plain HTTP too', 'http://git.test/x', { username: 'u', password: 'p' }, basic('u:p')],
    ['a bearer token', 'https://git.test/x', { bearerToken: 'abc\n' }, 'Bearer abc'],
    ['user information of the URL', 'https://u:p%40ss@git.test/x', undefined, basic('u:p@ss')],
    ['the Secret before the URL', 'https://u:p@git.test/x', { username: 'a', password: 'b' }, basic('a:b')],
    ['the URL where the Secret says nothing', 'https://u:p@git.test/x', { 'ca.crt': pem('A') }, basic('u:p')],
    ['a user name alone, as some hosts take a token', 'https://token@git.test/x', undefined, basic('token:')],
    ['characters outside of ASCII', 'https://git.test/x', { username: 'ü', password: 'ß' }, basic('ü:ß')],
  ])('are %s', (_, url, secret, expected) => {
    expect(authorizationHeader(gitRemote(url, secret).credentials)).toBe(expected);
  });

  it.each<[string, SecretData, string]>([
    [
      'a password without a user name',
      { password: 'p' },
      "invalid 'https' auth option: 'password' requires 'username' to be set",
    ],
    [
      'a token together with a password',
      { bearerToken: 't', username: 'u', password: 'p' },
      "invalid 'https' auth option: 'bearerToken' cannot be combined with 'username' and 'password'",
    ],
    [
      'a token of several lines',
      { bearerToken: 'a\nb' },
      "invalid 'https' auth option: 'bearerToken' must be one line",
    ],
    [
      'a CA that is encoded once more',
      { 'ca.crt': Buffer.from(pem('A')).toString('base64') },
      "invalid 'https' auth option: 'ca.crt' holds no certificate in PEM form",
    ],
    [
      'such a CA under its old name',
      { caFile: 'x' },
      "invalid 'https' auth option: 'caFile' holds no certificate in PEM form",
    ],
  ])('refuse %s', (_, secret, message) => {
    expect(() => gitRemote('https://git.test/x', secret)).toThrow(message);
  });

  it.each([
    ['the user of the URL', 'ssh://robot:pw@git.test:2222/x', 'ssh://robot@git.test:2222/x'],
    ['git where the URL names none', 'ssh://git.test/x', 'ssh://git@git.test/x'],
  ])('of SSH belong to %s', (_, url, expected) => {
    const remote = gitRemote(url, { identity: 'KEY', known_hosts: 'HOSTS', password: 'phrase' });

    expect(remote.url).toBe(expected);
    expect(remote.credentials).toEqual({
      ssh: { identity: 'KEY', knownHosts: 'HOSTS', passphrase: 'phrase' },
    });
    expect(remote.secrets).toContain('phrase');
  });

  it.each<[string, SecretData | undefined, string]>([
    ['no Secret', undefined, "invalid 'ssh' auth option: 'identity' is required"],
    ['no identity', { known_hosts: 'HOSTS' }, "invalid 'ssh' auth option: 'identity' is required"],
    ['no known hosts', { identity: 'KEY' }, "invalid 'ssh' auth option: 'known_hosts' is required"],
  ])('of SSH are not complete with %s', (_, secret, message) => {
    expect(() => gitRemote('ssh://git@git.test/x', secret)).toThrow(message);
  });

  it('take a client certificate with its key, and not one without the other', () => {
    const pair = { 'tls.crt': 'CRT', 'tls.key': 'KEY' };

    expect(gitRemote('https://git.test/x', pair).credentials.clientCertificate).toEqual({
      certificate: 'CRT',
      key: 'KEY',
    });
    expect(() => gitRemote('https://git.test/x', { 'tls.crt': 'CRT' })).toThrow(
      "invalid 'https' auth option: 'tls.crt' and 'tls.key' have to be set together",
    );
  });

  it.each([
    ['ca.crt', { 'ca.crt': pem('NEW'), caFile: pem('OLD') }, pem('NEW')],
    ['caFile, its old name', { 'ca.crt': '', caFile: pem('OLD') }, pem('OLD')],
  ])('take the CA from %s', (_, secret, expected) => {
    expect(gitRemote('https://git.test/x', secret).credentials.ca).toBe(expected);
  });

  it('keep the user information out of the URL and name what must be masked', () => {
    const remote = gitRemote('https://user:s3cret@git.test/x', undefined);

    expect(remote.url).toBe('https://git.test/x');
    expect(remote.secrets).toEqual(
      expect.arrayContaining(['s3cret', Buffer.from('user:s3cret').toString('base64')]),
    );
  });

  it('mask a user name that is a token', () => {
    expect(gitRemote('https://ghp_token@git.test/x', undefined).secrets).toContain('ghp_token');
  });

  it('do not show the password of an address that cannot be parsed', () => {
    expect(() => gitRemote('https://u:s3cret@host:port:port/x', undefined)).toThrow(
      "failed to parse url 'https://host:port:port/x': not a valid URL",
    );
  });

  it('share only between the same URL and the same credentials', () => {
    const key = (url: string, secret?: SecretData) => gitRemote(url, secret).key;
    const one = key('https://git.test/x', { username: 'u', password: 'p' });

    expect(key('https://git.test/x', { username: 'u', password: 'p' })).toBe(one);
    expect(key('https://u:p@git.test/x')).toBe(one);
    expect(key('https://git.test/x', { username: 'u', password: 'q' })).not.toBe(one);
    expect(key('https://git.test/y', { username: 'u', password: 'p' })).not.toBe(one);
    expect(key('https://git.test/x')).not.toBe(one);
  });
});

import { describe, expect, it } from 'vitest';
import { gitRemote } from './credentials.js';
import { parseModules, submoduleRemote } from './submodules.js';

const ca = '-----BEGIN CERTIFICATE-----';
const https = gitRemote('https://git.test/team/app.git', {
  username: 'u',
  password: 'p',
  'ca.crt': ca,
  'tls.crt': 'CRT',
  'tls.key': 'KEY',
});
const ssh = gitRemote('ssh://robot@git.test/team/app.git', { identity: 'KEY', known_hosts: 'HOSTS' });
const http = gitRemote('http://git.test/app.git', { bearerToken: 'token' });
const at = (url: string) => ({ path: 'lib', commit: '1'.repeat(40), url });

describe('the address of a submodule', () => {
  it.each([
    ['relative to the repository', https, '../lib.git', 'https://git.test/team/lib.git'],
    ['relative over several parts', https, '../../other/lib.git', 'https://git.test/other/lib.git'],
    ['below the repository', https, './lib', 'https://git.test/team/app.git/lib'],
    ['absolute', https, 'https://other.test/lib.git', 'https://other.test/lib.git'],
    ['relative over SSH', ssh, '../lib.git', 'ssh://robot@git.test/team/lib.git'],
    ['in the short form of SSH', ssh, 'git@other.test:team/lib.git', 'ssh://git@other.test/team/lib.git'],
    ['safer than its parent', http, 'https://git.test/lib.git', 'https://git.test/lib.git'],
  ])('is %s', (_, parent, url, expected) => {
    expect(submoduleRemote(parent, at(url)).url).toBe(expected);
  });

  it.each([
    ['a file', https, 'file:///etc', "protocol 'file' is not allowed"],
    ['a path', https, '/etc', 'its address is not an absolute or relative URL'],
    ['a program', https, 'ext::sh -c id', 'its address is not an absolute or relative URL'],
    ['less safe than its parent', https, 'http://git.test/lib.git', "protocol 'http' is not allowed"],
    ['SSH without an identity', https, 'git@git.test:lib.git', "protocol 'ssh' is not allowed"],
    ['above the host', https, '../../../../lib.git', 'its address is not an absolute or relative URL'],
  ])('may not be %s', (_, parent, url, why) => {
    expect(() => submoduleRemote(parent, at(url))).toThrow(`submodule 'lib' cannot be fetched: ${why}`);
  });
});

describe('the credentials of a submodule', () => {
  it('are those of its parent on the same server', () => {
    expect(submoduleRemote(https, at('../lib.git')).credentials).toEqual(https.credentials);
    expect(submoduleRemote(ssh, at('ssh://other.test/lib')).credentials).toEqual(ssh.credentials);
  });

  it('do not go to another server', () => {
    for (const url of ['https://other.test/lib.git', 'https://git.test:8443/lib.git'])
      expect(submoduleRemote(https, at(url)).credentials).toEqual({ ca });
    expect(submoduleRemote(http, at('https://git.test/lib.git')).credentials).toEqual({});
  });

  it('keep the caches of different repositories apart', () => {
    const keys = ['../a.git', '../b.git', './a.git'].map((url) => submoduleRemote(https, at(url)).key);
    expect(new Set([https.key, ...keys]).size).toBe(4);
  });
});

describe('.gitmodules', () => {
  it('names the path and the address of each submodule, in any order', () => {
    const text = [
      'submodule.a.b.path\na/b',
      'submodule.a.b.url\n../x.git',
      'submodule.c.url\nhttps://y',
      'submodule.c.path\nc',
      'submodule.c.update\n!sh',
      'submodule.half.path\nhalf',
      '',
    ].join('\0');

    expect(parseModules(text)).toEqual([
      { path: 'a/b', url: '../x.git' },
      { path: 'c', url: 'https://y' },
    ]);
  });
});

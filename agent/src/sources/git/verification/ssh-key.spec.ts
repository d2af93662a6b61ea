import { describe, expect, it } from 'vitest';
import { readAuthorizedKeys } from './ssh-key.js';
import { wireString } from './wire-reader.js';

const blob = (type: string, ...parts: readonly Buffer[]): string =>
  Buffer.concat([type, ...parts].map(wireString)).toString('base64');
const key = `ssh-ed25519 ${blob('ssh-ed25519', Buffer.alloc(32, 7))}`;
const dsa = `ssh-dss ${blob('ssh-dss', Buffer.alloc(8, 1))}`;
const certificate = `ssh-ed25519-cert-v01@openssh.com ${blob('ssh-ed25519-cert-v01@openssh.com')}`;

describe('a file of authorized keys (flux-compat 2.3)', () => {
  it.each([
    ['one key', key],
    ['a key with a comment', `${key} jane@example.com`],
    ['a key with options', `restrict,command="echo ssh-x" ${key}`],
    ['comments, blank lines and line ends of Windows', `# team\r\n\r\n  ${key}\r\n`],
    ['a key among such that cannot sign', `${dsa}\n${key}\n${certificate}\n`],
  ])('holds %s', (_, text) => {
    expect(readAuthorizedKeys(text).map(({ type }) => type)).toEqual(['ssh-ed25519']);
  });

  it.each([
    ['no key', 'nonsense', 'ssh: no key found'],
    ['a key that is cut off', 'ssh-ed25519 AAAA', 'the data end too early'],
    ['a key that is another one', key.replace('ssh-ed25519', 'ssh-rsa'), 'not what its line says'],
  ])('is refused with %s in it', (_, line, why) => {
    expect(() => readAuthorizedKeys(`${key}\n${line}`)).toThrow(why);
  });
});

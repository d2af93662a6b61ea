import { describe, expect, it } from 'vitest';
import { gitRemote } from './credentials.js';
import { redirectedTo } from './redirects.js';

const asked = '/info/refs?service=git-upload-pack';
const ca = '-----BEGIN CERTIFICATE-----';
const remote = (url: string) => gitRemote(url, { username: 'robot', password: 's3cret', 'ca.crt': ca });

describe('where a redirect leads (flux-compat 2.3)', () => {
  it.each([
    ['another path', 'https://a.example/x', `/x.git${asked}`, 'https://a.example/x.git'],
    [
      'a whole address on the same server',
      'https://a.example/x',
      `https://a.example/y${asked}`,
      'https://a.example/y',
    ],
    [
      'HTTPS in the place of HTTP',
      'http://a.example/x',
      `https://a.example/x${asked}`,
      'https://a.example/x',
    ],
    ['a slash at the end', 'https://a.example/x/', `https://a.example/x${asked}`, 'https://a.example/x'],
  ])('with its credentials: %s', (_, url, location, expected) => {
    const from = remote(url);
    const to = redirectedTo(from, location);
    expect(to).toMatchObject({ url: expected, key: from.key, secrets: from.secrets });
    expect(to.credentials).toBe(from.credentials);
  });

  it.each([
    ['another host', 'https://a.example/x', `https://b.example/x${asked}`],
    ['another port', 'https://a.example/x', `https://a.example:8443/x${asked}`],
    ['another host by HTTPS', 'http://a.example/x', `https://b.example/x${asked}`],
    ['a host that only ends alike', 'https://a.example/x', `https://evil-a.example/x${asked}`],
    ['another host with credentials of its own', 'https://a.example/x', `https://me:pw@b.example/x${asked}`],
  ])('without its credentials: %s', (_, url, location) => {
    const to = redirectedTo(remote(url), location);
    expect(to.credentials).toEqual({ ca });
    expect(to.url).not.toContain('pw');
  });

  it.each([
    ['a page', '/users/sign_in', "redirects to 'https://a.example/users/sign_in': that is no Git repository"],
    [
      'a page that is to lead back',
      `/login?next=/x${asked}`,
      "redirects to 'https://a.example/login': that is no Git repository",
    ],
    ['less safety', `http://a.example/x${asked}`, 'that is less safe than https'],
    ['another protocol', `ftp://a.example/x${asked}`, 'less safe'],
    ['nowhere', 'https://', 'redirects to no URL'],
  ])('not at all: %s', (_, location, why) => {
    expect(() => redirectedTo(remote('https://a.example/x'), location)).toThrow(why);
  });
});

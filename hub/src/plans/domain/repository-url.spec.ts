import { describe, expect, it } from 'vitest';
import { repositoryKey } from './repository-url.js';

describe('the key of a repository', () => {
  it.each([
    ['https://github.com/acme/fleet', 'github.com/acme/fleet'],
    ['https://github.com/acme/fleet.git', 'github.com/acme/fleet'],
    ['https://user:word@GitHub.com/Acme/Fleet.git/', 'github.com/acme/fleet'],
    ['ssh://git@github.com/acme/fleet.git', 'github.com/acme/fleet'],
    ['ssh://git@github.com:22/acme/fleet', 'github.com/acme/fleet'],
    ['git@github.com:acme/fleet.git', 'github.com/acme/fleet'],
    ['http://127.0.0.1:3000/acme/fleet.git', '127.0.0.1:3000/acme/fleet'],
    ['ftp://github.com/acme/fleet', null],
    ['fleet', null],
  ])('of %s is %s', (url, key) => {
    expect(repositoryKey(url)).toBe(key);
  });
});

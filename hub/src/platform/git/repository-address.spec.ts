import { describe, expect, it } from 'vitest';
import { isSameRepository } from './repository-address.js';

const base = 'https://git.example.com/org/fleet';

describe('two addresses of one repository', () => {
  it.each([
    base,
    `${base}.git`,
    `${base}/`,
    `${base}.git/`,
    'https://git.example.com:443/org/fleet',
    'https://GIT.example.com/Org/Fleet',
    'ssh://git@git.example.com/org/fleet',
    'ssh://git@git.example.com:2222/org/fleet.git',
    'git@git.example.com:org/fleet.git',
  ])('%s is the same', (other) => {
    expect([isSameRepository(base, other), isSameRepository(other, base)]).toEqual([true, true]);
  });

  it.each([
    'https://git.example.com/org/fleet2',
    'https://git.example.com/org',
    'https://git.example.com:8443/org/fleet',
    'https://git.example.net/org/fleet',
    'oci://git.example.com/org/fleet',
    '',
    'git.example.com',
  ])('"%s" is another', (other) => {
    expect([isSameRepository(base, other), isSameRepository(other, base)]).toEqual([false, false]);
  });
});

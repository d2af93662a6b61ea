import { describe, expect, it } from 'vitest';
import { repositoryOf } from './repository.js';

describe('a repository', () => {
  it.each([
    'https://git.example.com/org/fleet',
    'https://git.example.com/org/fleet.git',
    'https://git.example.com/org/fleet/',
    'https://user:secret@git.example.com/org/fleet.git',
    'https://GIT.example.com/org/fleet',
    'https://git.example.com:443/org/fleet',
    'ssh://git@git.example.com/org/fleet',
    'ssh://git@git.example.com:22/org/fleet.git',
    'git@git.example.com:org/fleet.git',
  ])('is the same by %s', (url) => {
    expect(repositoryOf(url)).toBe('git.example.com/org/fleet');
  });

  it.each([
    ['https://git.example.com/org/other', 'git.example.com/org/other'],
    ['http://127.0.0.1:8080/fleet.git', '127.0.0.1:8080/fleet'],
    ['oci://registry.example.com/org/app', 'registry.example.com/org/app'],
  ])('%s is another one: %s', (url, expected) => {
    expect(repositoryOf(url)).toBe(expected);
  });
});

import { describe, expect, it } from 'vitest';
import { BranchName, HttpUrl } from './fields.js';

describe('HttpUrl', () => {
  it.each(['https://git.example.com/a.git', 'http://[::1]:8080/x?y=z'])('takes %s', (url) => {
    expect(HttpUrl.safeParse(url).success).toBe(true);
  });

  it.each([
    'https://ann@git.example.com/',
    'https://:word@git.example.com/',
    'ssh://git@x/y',
    'file:///etc',
    'x',
  ])('refuses %s', (url) => expect(HttpUrl.safeParse(url).success).toBe(false));
});

describe('BranchName', () => {
  it.each(['main', 'release/1.2', 'a-b_c', 'füße', 'v1.0@2'])('takes %s', (name) => {
    expect(BranchName.safeParse(name).success).toBe(true);
  });

  it.each([
    '',
    '-x',
    'a b',
    'a:b',
    'a..b',
    'a//b',
    'a~1',
    'a^',
    'a@{1}',
    'a/',
    'a.',
    'x.lock',
    'a*',
    'a\\b',
    'a\nb',
  ])('refuses %j', (name) => expect(BranchName.safeParse(name).success).toBe(false));
});

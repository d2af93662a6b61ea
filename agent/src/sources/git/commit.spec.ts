import { describe, expect, it } from 'vitest';
import { parseCommit, shortMessage } from './commit.js';

const commit = (message: string) =>
  parseCommit(
    'a'.repeat(40),
    Buffer.from(`tree x\nauthor A <a@x> 5 +0000\ncommitter C <c@x> 1767225660 -0130\n\n${message}`),
  );

describe('a commit', () => {
  it('has the time of its committer and its whole message', () => {
    expect(commit('one\n\ntwo\n')).toMatchObject({ committedAt: 1767225660, message: 'one\n\ntwo\n' });
  });

  it('names its author as people write it, and nobody else that its signature or message may name', () => {
    expect(commit('author Mallory <m@x> 5 +0000\n').author).toBe('A <a@x>');
    const signed = 'tree x\ngpgsig -----BEGIN\n author M <m@x> 5 +0000\nauthor Zoë O. <z@x> -5 +0000\n\nm';
    expect(parseCommit('a'.repeat(40), Buffer.from(signed)).author).toBe('Zoë O. <z@x>');
    expect(parseCommit('a'.repeat(40), Buffer.from('tree x\n\nm')).author).toBe('');
  });

  it.each([
    ['add app', 'add app'],
    ['add app\n\nlong story', 'add app'],
    ['x'.repeat(50), 'x'.repeat(50)],
    ['x'.repeat(51), `${'x'.repeat(50)}...`],
    ['ü'.repeat(51), `${'ü'.repeat(50)}...`],
    ['', ''],
  ])('is told as its first line, at most 50 characters (flux-compat 2.2): %j', (message, expected) => {
    expect(shortMessage(commit(message))).toBe(expected);
  });
});

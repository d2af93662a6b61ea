import { describe, expect, it } from 'vitest';
import { compileRule, type EncryptionRule, type Place } from './encryption-rule.js';

const at = (path: string, comments: string[][] = [[]], isComment = false): Place => ({
  path: path === '' ? [] : path.split('.'),
  comments,
  isComment,
});

describe('compileRule', () => {
  it.each<[kind: EncryptionRule['kind'], text: string, place: Place, isEncrypted: boolean]>([
    ['unencrypted-suffix', '_open', at('a.b'), true],
    ['unencrypted-suffix', '_open', at('a_open.b'), false],
    ['encrypted-suffix', '_secret', at('a.b_secret'), true],
    ['encrypted-suffix', '_secret', at('a_secret.b'), true],
    ['encrypted-suffix', '_secret', at('a.b'), false],
    ['encrypted-regex', '^(data|stringData)$', at('stringData.password'), true],
    ['encrypted-regex', '^(data|stringData)$', at('metadata.name'), false],
    ['encrypted-regex', 'data', at('metadata.name'), true],
    ['unencrypted-regex', '^(kind|metadata)$', at('metadata.name'), false],
    ['unencrypted-regex', '^(kind|metadata)$', at('data.kind_of'), true],
    ['unencrypted-comment-regex', 'open', at('a', [['is open']]), false],
    ['unencrypted-comment-regex', 'open', at('a.b', [['is open'], []]), false],
    ['unencrypted-comment-regex', 'open', at('a', [['secret']]), true],
    ['encrypted-comment-regex', 'secret', at('a', [[' secret']]), true],
    ['encrypted-comment-regex', 'secret', at('a', [[]]), false],
    ['encrypted-comment-regex', 'secret', at('', [[' secret']], true), false],
    ['encrypted-comment-regex', 'secret', at('', [[' secret', ' more']], true), true],
  ])('%s %s at %j is %s', (kind, text, place, isEncrypted) => {
    expect(compileRule({ kind, text })(place)).toBe(isEncrypted);
  });

  it('knows inline flags of RE2', () => {
    expect(compileRule({ kind: 'encrypted-regex', text: '(?i)^DATA$' })(at('data'))).toBe(true);
  });

  it('needs linear time for a pattern that makes others backtrack for ever', () => {
    const isEncrypted = compileRule({ kind: 'encrypted-regex', text: '^(a+)+$' });
    expect(isEncrypted(at(`${'a'.repeat(50_000)}!`))).toBe(false);
  });

  it('names the field of a pattern that is none', () => {
    expect(() => compileRule({ kind: 'encrypted-regex', text: '(' })).toThrow(
      'sops.encrypted_regex is not a valid regular expression',
    );
  });
});

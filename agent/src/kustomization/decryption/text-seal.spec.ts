import { describe, expect, it } from 'vitest';
import { TextSeal } from './text-seal.js';

describe('TextSeal', () => {
  const seal = new TextSeal();
  const text = 'kind: Secret\nstringData:\n  password: hünter2\n';

  it('opens what it sealed, and nobody else does', () => {
    const sealed = seal.seal(text);
    expect(sealed).not.toContain('hünter2');
    expect(Buffer.from(sealed.slice(8), 'base64').includes('hünter2')).toBe(false);
    expect(seal.open(sealed)).toBe(text);
    expect(new TextSeal().open(sealed)).toBeUndefined();
  });

  it('never seals the same text the same way', () => {
    expect(seal.seal(text)).not.toBe(seal.seal(text));
  });

  it('refuses what was changed', () => {
    const sealed = seal.seal(text);
    expect(seal.open(`${sealed.slice(0, -8)}AAAAAAAA`)).toBeUndefined();
    expect(seal.open(sealed.slice(0, 12))).toBeUndefined();
  });

  it('leaves what is not sealed as it is', () => {
    expect(seal.open(text)).toBe(text);
  });
});

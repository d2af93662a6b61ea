import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { invalidInput } from './input-validation.js';

const schema = z.strictObject({
  limit: z.coerce.number().int().max(500).default(100),
  object: z.strictObject({ kind: z.string() }).optional(),
});

describe('a wrong input', () => {
  it.each([
    ['a value out of range', { limit: '501' }, 'limit', 'limit: too big: expected number to be <=500'],
    [
      'a nested value',
      { object: { kind: 1 } },
      'object.kind',
      'object.kind: invalid input: expected string, received number',
    ],
    ['an unknown field', { limt: '1' }, 'limt', 'limt: the call knows no such field'],
    [
      'a nested unknown field',
      { object: { kind: 'a', x: 1 } },
      'object.x',
      'object.x: the call knows no such field',
    ],
    ['no body', undefined, 'body', 'body: invalid input: expected object, received undefined'],
  ])('%s is named', (_sentence, value, field, message) => {
    const result = schema.safeParse(value);
    const error = invalidInput(result.error?.issues ?? []);
    expect(error).toMatchObject({ code: 'Invalid', field, message });
  });
});

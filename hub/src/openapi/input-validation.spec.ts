import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InputValidation, invalidInput } from './input-validation.js';

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

describe('an input that no call can use', () => {
  const check = (value: unknown, data?: string) =>
    new InputValidation().transform(value, { type: data === undefined ? 'body' : 'param', data });
  const deep = (levels: number): unknown =>
    Array.from({ length: levels }).reduce<unknown>((inner) => ({ a: inner }), 1);

  it.each<[string, unknown, string | undefined, string]>([
    ['a text with NUL', 'prod\0', 'name', 'name: holds the character U+0000, which no text may hold'],
    ['half of a character', { reason: 'so \ud83d' }, undefined, 'reason: holds half of a character'],
    ['one deep inside', { a: [{ b: '\0' }] }, undefined, 'a.0.b: holds the character U+0000'],
    ['a name of a field', { a: { 'b\0': 1 } }, undefined, 'a: has a name that holds the character U+0000'],
    ['too many levels', deep(100_000), undefined, 'is nested deeper than 64 levels'],
  ])('is refused with its place: %s', async (_sentence, value, data, message) => {
    await expect(check(value, data)).rejects.toMatchObject({
      code: 'Invalid',
      message: expect.stringContaining(message),
    });
  });

  it.each([['Grüße 🚢 \u0001'], [{ a: ['x', null, 1.5, true] }], [deep(64)], [undefined]])(
    'is not %j',
    async (value) => expect(await check(value)).toEqual(value),
  );
});

import { z } from 'zod';

/** `limit` and `cursor` of every list. */
export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(100)
    .meta({ description: 'How many items at most.' }),
  cursor: z
    .string()
    .min(1)
    .max(2_000)
    .optional()
    .meta({ description: '`nextCursor` of the page before; belongs to the same filters.' }),
};

/** `{items, nextCursor, total}` of one kind of item, a component of its own in the document. */
export function listOf<Item extends z.ZodType>(item: Item, id: string): ListSchema<Item> {
  return z
    .object({
      items: z.array(item),
      nextCursor: z
        .string()
        .nullable()
        .meta({ description: 'Ask for the next page with it; null on the last one.' }),
      total: z.int().min(0).meta({ description: 'Everything that passes the filters.' }),
    })
    .meta({ id });
}

type ListSchema<Item extends z.ZodType> = z.ZodObject<{
  items: z.ZodArray<Item>;
  nextCursor: z.ZodNullable<z.ZodString>;
  total: z.ZodInt;
}>;

/** Values separated by commas, each one of `values`. */
export function oneOrMore<const Values extends readonly [string, ...string[]]>(
  values: Values,
  description: string,
): z.ZodOptional<z.ZodType<readonly Values[number][], string>> {
  const known = new Set<string>(values);
  return z
    .string()
    .transform((text, context) => {
      const parts = text.split(',').map((part) => part.trim());
      const wrong = parts.find((part) => !known.has(part));
      if (wrong === undefined) return parts as Values[number][];
      context.addIssue({ code: 'custom', message: `"${wrong}" is none of ${values.join(', ')}` });
      return z.NEVER;
    })
    .meta({ description: `${description} One or more of ${values.join(', ')}, separated by commas.` })
    .optional();
}

/** Free texts separated by commas. */
export function anyOf(description: string): z.ZodOptional<z.ZodType<readonly string[], string>> {
  return z
    .string()
    .min(1)
    .max(2_000)
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .meta({ description: `${description} Several are separated by commas.` })
    .optional();
}

/** `true` or `false` as text. */
export function flagQuery(description: string): z.ZodOptional<z.ZodType<boolean, 'true' | 'false'>> {
  return z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .meta({ description })
    .optional();
}

/** A time as text. */
export function timeQuery(description: string): z.ZodOptional<z.ZodType<Date, string>> {
  return z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .meta({ description })
    .optional();
}

/** A time in an answer; read models give Dates. */
export const time = z.preprocess(
  (value) => (value instanceof Date ? value.toISOString() : value),
  z.iso.datetime().meta({ example: '2026-01-01T12:00:00.000Z' }),
);

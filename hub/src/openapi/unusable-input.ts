/** What no text may hold: PostgreSQL keeps everything but this character, and halves of a character are none. */
const halves = /\p{Surrogate}/u;
/** Levels of a JSON value; what people send has a dozen. */
const deepest = 64;

/** What is wrong with a part of an input, whatever it is for. */
export interface UnusablePart {
  /** Names and positions with dots between them; empty for the input itself. */
  readonly path: string;
  readonly message: string;
}

/** The first part of an input that cannot be used by any call. */
export function unusablePart(input: unknown): UnusablePart | undefined {
  const parts: { readonly value: unknown; readonly path: readonly string[] }[] = [{ value: input, path: [] }];
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const { value, path } = part;
    const message = path.length > deepest ? `is nested deeper than ${deepest} levels` : textProblem(value);
    if (message !== undefined) return { path: path.slice(0, deepest).join('.'), message };
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, child] of Object.entries(value).toReversed()) {
      const wrong = textProblem(key);
      if (wrong !== undefined) return { path: path.join('.'), message: `has a name that ${wrong}` };
      parts.push({ value: child, path: [...path, key] });
    }
  }
  return undefined;
}

function textProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (value.includes('\0')) return 'holds the character U+0000, which no text may hold';
  return halves.test(value) ? 'holds half of a character (a lone surrogate)' : undefined;
}

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

/** A value with the way to it, which is one object a value however deep it is: a body may hold half a million of them. */
interface Place {
  readonly value: unknown;
  readonly level: number;
  readonly name: string;
  readonly above: Place | undefined;
}

/** The first part of an input that cannot be used by any call. */
export function unusablePart(input: unknown): UnusablePart | undefined {
  const places: Place[] = [{ value: input, level: 0, name: '', above: undefined }];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const { value, level } = place;
    if (level > deepest)
      return { path: pathOf(place.above), message: `is nested deeper than ${deepest} levels` };
    const message = textProblem(value);
    if (message !== undefined) return { path: pathOf(place), message };
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, child] of Object.entries(value).toReversed()) {
      const wrong = textProblem(name);
      if (wrong !== undefined) return { path: pathOf(place), message: `has a name that ${wrong}` };
      places.push({ value: child, level: level + 1, name, above: place });
    }
  }
  return undefined;
}

function pathOf(place: Place | undefined): string {
  const names: string[] = [];
  for (let at = place; at?.above !== undefined; at = at.above) names.unshift(at.name);
  return names.join('.');
}

function textProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (value.includes('\0')) return 'holds the character U+0000, which no text may hold';
  return halves.test(value) ? 'holds half of a character (a lone surrogate)' : undefined;
}

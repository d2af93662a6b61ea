/** One element of a pattern; it matches one character, or any number of them ("star"). */
type Element =
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | { readonly kind: 'char'; readonly char: string }
  | {
      readonly kind: 'class';
      readonly negated: boolean;
      readonly ranges: readonly (readonly [number, number])[];
    };

/** A compiled shell pattern: `*`, `?`, `[a-z]`, `[^a-z]` and `\` before a character that is meant as such. */
export type Glob = readonly Element[];

/** Compiles a pattern; undefined when it is malformed. `*` and `?` match every character, `/` too. */
export function compileGlob(pattern: string): Glob | undefined {
  const chars = Array.from(pattern);
  const elements: Element[] = [];
  for (let at = 0; at < chars.length;) {
    const char = chars[at]!;
    if (char === '[') {
      const parsed = parseClass(chars, at + 1);
      if (!parsed) return undefined;
      elements.push(parsed.element);
      at = parsed.next;
      continue;
    }
    if (char === '\\') at += 1;
    const meant = chars[at];
    if (meant === undefined) return undefined;
    elements.push(
      char === '*' ? { kind: 'star' } : char === '?' ? { kind: 'any' } : { kind: 'char', char: meant },
    );
    at += 1;
  }
  return elements;
}

function parseClass(chars: readonly string[], start: number): { element: Element; next: number } | undefined {
  const negated = chars[start] === '^';
  const ranges: [number, number][] = [];
  let at = negated ? start + 1 : start;
  while (chars[at] !== ']' || ranges.length === 0) {
    const low = classChar(chars, at);
    if (!low) return undefined;
    at = low.next;
    let high = low;
    if (chars[at] === '-') {
      const end = classChar(chars, at + 1);
      if (!end) return undefined;
      high = end;
      at = end.next;
    }
    ranges.push([low.code, high.code]);
  }
  return { element: { kind: 'class', negated, ranges }, next: at + 1 };
}

function classChar(chars: readonly string[], at: number): { code: number; next: number } | undefined {
  const escaped = chars[at] === '\\';
  const char = chars[escaped ? at + 1 : at];
  if (char === undefined || (!escaped && (char === '-' || char === ']'))) return undefined;
  return { code: char.codePointAt(0)!, next: at + (escaped ? 2 : 1) };
}

function matchesChar(element: Element, char: string): boolean {
  switch (element.kind) {
    case 'star':
    case 'any':
      return true;
    case 'char':
      return element.char === char;
    case 'class': {
      const code = char.codePointAt(0)!;
      return element.negated !== element.ranges.some(([low, high]) => code >= low && code <= high);
    }
  }
}

/** Whether the whole text matches. Takes at most length of text × length of pattern steps. */
export function matchesGlob(glob: Glob, text: string): boolean {
  const chars = Array.from(text);
  let at = 0;
  let element = 0;
  // Where the last star was, and the text behind what it has taken so far.
  let star = -1;
  let resume = 0;
  while (at < chars.length) {
    const current = glob[element];
    if (current?.kind === 'star') {
      star = element++;
      resume = at;
    } else if (current && matchesChar(current, chars[at]!)) {
      element++;
      at++;
    } else if (star >= 0) {
      element = star + 1;
      at = ++resume;
    } else return false;
  }
  while (glob[element]?.kind === 'star') element++;
  return element === glob.length;
}

/** Length in characters of the shortest and the longest non-empty prefix that matches; undefined when none does. */
export function matchingPrefixes(
  glob: Glob,
  chars: readonly string[],
): { shortest: number; longest: number } | undefined {
  let shortest: number | undefined;
  let longest = 0;
  // All places in the pattern at once: one pass over the text, whatever the pattern.
  let states = behindStars(glob, [0]);
  for (let at = 0; at < chars.length && states.length > 0; at++) {
    const next: number[] = [];
    for (const state of states) {
      const element = glob[state];
      if (element && matchesChar(element, chars[at]!)) next.push(element.kind === 'star' ? state : state + 1);
    }
    states = behindStars(glob, next);
    if (states.at(-1) === glob.length) {
      shortest ??= at + 1;
      longest = at + 1;
    }
  }
  return shortest === undefined ? undefined : { shortest, longest };
}

/** The states that are reached without a character, in order. */
function behindStars(glob: Glob, states: readonly number[]): number[] {
  const reached = new Set<number>();
  for (let state of states) {
    reached.add(state);
    while (glob[state]?.kind === 'star' && !reached.has(state + 1)) reached.add(++state);
  }
  return [...reached].sort((a, b) => a - b);
}

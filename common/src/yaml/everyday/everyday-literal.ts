import type { Ended } from './everyday-flow.js';
import { indentOf, isBlank, withoutTrail } from './spaces.js';
import { giveUp } from './unusual.js';

/**
 * Reads a literal block with the header `|` or `|-` whose lines begin at `start` and are deeper than `column`. Gives the
 * row behind it.
 * @throws Unusual for other headers, and for blocks whose margin or end not all readers see at the same place
 */
export function readLiteral(
  header: string,
  lines: readonly string[],
  start: number,
  column: number,
): Ended<string> {
  const style = withoutTrail(header);
  const first = lines[start] ?? '';
  const margin = indentOf(first);
  if ((style !== '|' && style !== '|-') || isBlank(first) || margin <= column || margin === 0) giveUp();
  // A tab: some take it for a part of the margin.
  if (first.charCodeAt(margin) === 9) giveUp();
  let end = start;
  let last = start;
  for (; end < lines.length; end++) {
    const line = lines[end]!;
    if (indentOf(line) >= margin && line.length > margin) last = end;
    else if (!isBlank(line)) break;
  }
  // The last line is one of spaces, more than the margin.
  if (isBlank(lines[last]!)) giveUp();
  const content = lines.slice(start, last + 1).map((line) => line.slice(margin));
  return { value: content.join('\n') + (style === '|' ? '\n' : ''), end };
}

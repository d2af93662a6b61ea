import { EVENT_ID, type Event } from 'js-yaml';
import type { SopsComment } from '../tree.js';

interface FoundComment {
  readonly offset: number;
  readonly column: number;
  readonly text: string;
  /** Something else stands before it in its line. */
  readonly isTrailing: boolean;
}

/** The comments of a YAML text, which the parser leaves out, handed out in the order of the text. */
export class YamlComments {
  readonly #found: readonly FoundComment[];
  #next = 0;

  constructor(
    readonly text: string,
    events: readonly Event[],
  ) {
    this.#found = gapsBetweenScalars(text, events).flatMap(([start, end]) => commentsIn(text, start, end));
  }

  columnOf(offset: number): number {
    return offset - (this.text.lastIndexOf('\n', offset - 1) + 1);
  }

  /**
   * Adds the comments that start before `offset` and at or right of `column` to the entries of a mapping or list. A
   * comment behind an entry goes before that entry, as SOPS does it.
   */
  takeBefore(offset: number, column: number, items: unknown[]): void {
    for (;;) {
      const comment = this.#found[this.#next];
      if (!comment || comment.offset >= offset || comment.column < column) return;
      this.#next += 1;
      const node: SopsComment = { kind: 'comment', text: comment.text };
      if (comment.isTrailing && items.length > 0) items.splice(-1, 0, node);
      else items.push(node);
    }
  }
}

/** Text in which no scalar stands: a `#` in a scalar is no comment. */
function gapsBetweenScalars(text: string, events: readonly Event[]): Array<[number, number]> {
  const gaps: Array<[number, number]> = [];
  let start = 0;
  for (const event of events) {
    if (event.type !== EVENT_ID.SCALAR || event.valueStart < start) continue;
    gaps.push([start, event.valueStart]);
    start = Math.max(event.valueStart, event.valueEnd);
  }
  gaps.push([start, text.length]);
  return gaps;
}

function commentsIn(text: string, start: number, end: number): FoundComment[] {
  const found: FoundComment[] = [];
  for (let at = text.indexOf('#', start); at >= 0 && at < end; at = text.indexOf('#', at + 1)) {
    if (at > 0 && !/\s/.test(text[at - 1]!)) continue;
    const lineEnd = text.indexOf('\n', at);
    const stop = lineEnd < 0 ? text.length : lineEnd;
    const lineStart = text.lastIndexOf('\n', at) + 1;
    found.push({
      offset: at,
      column: at - lineStart,
      text: text.slice(at + 1, stop).replace(/\r$/, ''),
      isTrailing: text.slice(lineStart, at).trim() !== '',
    });
    at = stop;
  }
  return found;
}

import { YAMLException, parseEvents, type Event } from 'js-yaml';

export interface YamlEvents {
  readonly events: Event[];
  /** What the offsets of the events point into: the given text, some of its lines moved to the right. */
  readonly source: string;
}

/** Deep enough for every CRD; the parser recurses once a level. */
const maxDepth = 500;
/** Each line that has to be moved costs another look at the text; hostile ones must not cost more than this together. */
const maxChars = 20_000_000;
/** Deeper than any block that holds the line. */
const margin = ' '.repeat(250);
/** Where a document ends, also in the middle of a quote that nobody has closed. */
const marker = /(?:---|\.\.\.)(?:[ \t\r\n]|$)/y;

/**
 * Parses a text into the parser's events. Like the tools of Kubernetes, and unlike the standard, this takes brackets and
 * quotes that go on, or end, at the column of their key or left of it:
 *
 *     command: [
 *       "sh"
 *     ]
 *
 * The space at the start of such a line has no meaning, so there may be more of it. @throws YAMLException
 */
export function readEvents(text: string): YamlEvents {
  let source = text;
  for (let chars = 0; ;) {
    try {
      return { events: parseEvents(source, { maxDepth }), source };
    } catch (error) {
      chars += source.length;
      const moved = chars > maxChars ? undefined : withLineMoved(source, error);
      if (moved === undefined) throw error;
      source = moved;
    }
  }
}

function withLineMoved(source: string, error: unknown): string | undefined {
  if (!(error instanceof YAMLException) || error.reason !== 'deficient indentation' || !error.mark)
    return undefined;
  let start = error.mark.position;
  while (start > 0 && source[start - 1] !== '\n' && source[start - 1] !== '\r') start -= 1;
  marker.lastIndex = start;
  // A line that has been moved and is still not deep enough is in no block that anybody writes.
  if (marker.test(source) || source.startsWith(margin, start)) return undefined;
  return source.slice(0, start) + margin + source.slice(start);
}

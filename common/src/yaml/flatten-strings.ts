/** Shorter ones cost little, whatever their form. */
const minLength = 1_000;

/**
 * Gives long strings of a parsed value their compact form. The parser joins the lines of a block one by one, and the
 * engine keeps such a string as a tree of its parts, many times as large as the text, until somebody reads from it.
 */
export function flattenStrings(value: unknown): void {
  if (typeof value === 'string') {
    if (value.length >= minLength) value.charCodeAt(0);
  } else if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) flattenStrings(child);
  }
}

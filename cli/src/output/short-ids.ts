/** Lengths that do not end with a dash. The first 13 characters are the millisecond in which an id was made. */
const lengths = [13, 18, 23, 28];

/** The shortest beginning of an id that tells it from all others of a list. */
export function shortIds(ids: readonly string[]): (id: string) => string {
  const different = new Set(ids).size;
  const length = lengths.find((most) => new Set(ids.map((id) => id.slice(0, most))).size === different);
  return (id) => (length === undefined ? id : id.slice(0, length));
}

/** Whether a text can be the beginning of an id (8-4-4-4-12 hexadecimal digits), and says enough to look for it. */
export function isIdBeginning(text: string): boolean {
  if (text.length < 4 || text.length > 36) return false;
  return Array.from(text.toLowerCase()).every((character, at) =>
    dashes.has(at) ? character === '-' : /[0-9a-f]/.test(character),
  );
}

export function isWholeId(text: string): boolean {
  return text.length === 36 && isIdBeginning(text);
}

const dashes = new Set([8, 13, 18, 23]);

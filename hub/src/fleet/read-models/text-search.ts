/** A pattern for ILIKE that finds the text itself, wherever it stands. */
export function containsPattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

// Only the space itself counts as one: others are part of a scalar, and tabs are looked at where they stand.

/** Spaces at the start of a line. */
export function indentOf(line: string): number {
  let indent = 0;
  while (line.charCodeAt(indent) === 32) indent += 1;
  return indent;
}

export function isBlank(line: string): boolean {
  return indentOf(line) === line.length;
}

export function withoutIndent(text: string): string {
  return text.startsWith(' ') ? text.slice(indentOf(text)) : text;
}

export function withoutTrail(text: string): string {
  let end = text.length;
  while (text.charCodeAt(end - 1) === 32) end -= 1;
  return text.slice(0, end);
}

/** JSON with an indent of two; a bigint is written as the plain integer, digit by digit. */
export function prettyJson(value: unknown): string {
  return `${write(value, '')}\n`;
}

function write(value: unknown, margin: string): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const inner = `${margin}  `;
  if (Array.isArray(value)) {
    return block(
      '[]',
      value.map((item) => write(item, inner)),
      margin,
    );
  }
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return block(
    '{}',
    fields.map(([key, field]) => `${JSON.stringify(key)}: ${write(field, inner)}`),
    margin,
  );
}

function block(brackets: '[]' | '{}', parts: readonly string[], margin: string): string {
  if (parts.length === 0) return brackets;
  return `${brackets[0]}\n${parts.map((part) => `${margin}  ${part}`).join(',\n')}\n${margin}${brackets[1]}`;
}

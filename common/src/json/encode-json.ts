/**
 * JSON text of a value that may hold bigint, which stands for an integer that a double cannot hold exactly.
 * `JSON.stringify` throws on bigint; everything that sends an object to an API server has to use this.
 */
export function encodeJson(value: unknown): string {
  return holdsBigint(value) ? encode(value) : JSON.stringify(value);
}

function holdsBigint(value: unknown): boolean {
  if (typeof value === 'bigint') return true;
  if (value === null || typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.some(holdsBigint);
  for (const key in value) if (holdsBigint((value as Record<string, unknown>)[key])) return true;
  return false;
}

function encode(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`;
  const fields: string[] = [];
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) fields.push(`${JSON.stringify(key)}:${encode(field)}`);
  }
  return `{${fields.join(',')}}`;
}

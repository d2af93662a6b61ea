/** Copies what was read from JSON or YAML: new maps and lists, the same texts and numbers. */
export function copyJson<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== 'object' || value === null) return value;
  const fields: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    // Such a key would set the prototype instead.
    if (key === '__proto__') defineField(fields, key, copy(field));
    else fields[key] = copy(field);
  }
  return fields;
}

function defineField(fields: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
}

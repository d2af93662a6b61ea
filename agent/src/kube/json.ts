import { randomUUID } from 'node:crypto';

// int64 fields of an object may be larger than a JavaScript number can hold. Losing digits would make the agent
// write a value that nobody asked for, so such integers are read as bigint and written back digit by digit.

const mayHoldLargeInteger = /[:[,]\s*-?\d{16,}/;
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
// Random, so that no string of an object can be taken for a marked integer.
const nonce = randomUUID();
const mark = `\u0000${nonce}:`;
const encodedMark = new RegExp(`"\\\\u0000${nonce}:(-?\\d+)"`, 'g');

/** Parses JSON; integers beyond 2^53 become bigint, everything else is as JSON.parse gives it. */
export function parseJson(text: string): unknown {
  if (!mayHoldLargeInteger.test(text)) return JSON.parse(text);
  const marked = text.replace(stringOrNumber, (token) =>
    isLargeInteger(token) ? `"\\u0000${nonce}:${token}"` : token,
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

/** Writes JSON; a bigint is written as the plain integer. */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  // JSON.stringify refuses bigint; only then is the slower way needed.
  const marked = JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'bigint' ? `${mark}${field}` : field,
  );
  return marked.replace(encodedMark, '$1');
}

function isLargeInteger(token: string): boolean {
  return /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token));
}

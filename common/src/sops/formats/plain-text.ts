import type { SopsValue } from '../tree.js';

/** A value in a format that knows nothing but text. */
export function plainText(value: SopsValue): string {
  if (value === null) return '';
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (typeof value === 'object') return 'kind' in value && value.kind === 'comment' ? value.text : '';
  return String(value);
}

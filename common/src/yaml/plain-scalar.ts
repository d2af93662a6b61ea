/** What a plain (unquoted) scalar means in the YAML dialect of Kubernetes. */
export type PlainScalar =
  | { readonly kind: 'null'; readonly value: null }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: number | bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'timestamp'; readonly value: string }
  | { readonly kind: 'string'; readonly value: string };

const words = new Map<string, PlainScalar>();
for (const text of ['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']) {
  words.set(text, { kind: 'bool', value: true });
}
for (const text of ['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF']) {
  words.set(text, { kind: 'bool', value: false });
}
for (const text of ['', '~', 'null', 'Null', 'NULL']) words.set(text, { kind: 'null', value: null });
for (const text of ['.nan', '.NaN', '.NAN']) words.set(text, { kind: 'float', value: Number.NaN });
for (const text of ['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'])
  words.set(text, { kind: 'float', value: Infinity });
for (const text of ['-.inf', '-.Inf', '-.INF']) words.set(text, { kind: 'float', value: -Infinity });

/** First characters of everything that is not a string; '' is the empty scalar. */
export const meaningfulFirstChars: readonly string[] = ['', ...Array.from('yYnNtTfFoO~.+-0123456789')];
const meaningful = new Set(meaningfulFirstChars);

const integer = /^([-+]?)(?:0[bB]([01]+)|0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
// Written as Go reads it, oddities included: a sign may follow a binary prefix.
const signedBinary = /^0b([-+][01]+)$/;
const decimal = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const fraction = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/;
const timestamp =
  /^[0-9]{4}-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12][0-9]|3[01])(?:[Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]*)?(?:Z|[-+][0-9]{2}:[0-9]{2})| [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]*)?)?$/;

const maxUint64 = 2n ** 64n - 1n;
const minInt64 = -(2n ** 63n);

/**
 * Reads a plain scalar as the API tooling of Kubernetes does: booleans and octals of YAML 1.1, no base-60
 * numbers, and timestamps stay text. Integers that a double cannot hold are bigint; beyond 64 bits they are
 * doubles, as in the API server.
 */
export function readPlainScalar(text: string): PlainScalar {
  if (!meaningful.has(text.charAt(0))) return { kind: 'string', value: text };
  const word = words.get(text);
  if (word) return word;
  const first = text.charAt(0);
  if (first === '.')
    return fraction.test(text)
      ? readDecimal(text, text.replaceAll('_', ''))
      : { kind: 'string', value: text };
  if (first === '+' || first === '-' || (first >= '0' && first <= '9')) return readNumber(text);
  return { kind: 'string', value: text };
}

function readNumber(text: string): PlainScalar {
  if (timestamp.test(text)) return { kind: 'timestamp', value: text };
  const digits = text.includes('_') ? text.replaceAll('_', '') : text;
  const match = integer.exec(digits);
  if (match) {
    const value = integerValue(match);
    if (value !== undefined) return { kind: 'int', value };
  }
  const signed = signedBinary.exec(digits)?.[1];
  if (signed) return { kind: 'int', value: Number.parseInt(signed, 2) || 0 };
  return readDecimal(text, digits);
}

function integerValue([, sign, binary, hex, octal, plain]: RegExpExecArray): number | bigint | undefined {
  const literal = binary ? `0b${binary}` : hex ? `0x${hex}` : octal ? `0o${octal}` : (plain ?? '0');
  const magnitude = Number(literal);
  if (Number.isSafeInteger(magnitude)) return sign === '-' && magnitude !== 0 ? -magnitude : magnitude;
  const exact = sign === '-' ? -BigInt(literal) : BigInt(literal);
  return exact >= minInt64 && exact <= maxUint64 ? exact : undefined;
}

function readDecimal(text: string, digits: string): PlainScalar {
  if (decimal.test(digits)) {
    const value = Number(digits);
    if (Number.isFinite(value)) return { kind: 'float', value };
  }
  return { kind: 'string', value: text };
}

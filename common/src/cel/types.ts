/** A type as the checker knows it: `bool`, `list(T)`, `map(K, V)`, `optional_type(T)`; a single capital is a parameter. */
export interface CelType {
  readonly name: string;
  readonly args: readonly CelType[];
}

function simple(name: string): CelType {
  return { name, args: [] };
}

export const dyn = simple('dyn');
export const bool = simple('bool');

export function listOf(item: CelType): CelType {
  return { name: 'list', args: [item] };
}

export function mapOf(key: CelType, value: CelType): CelType {
  return { name: 'map', args: [key, value] };
}

export function optionalOf(content: CelType): CelType {
  return { name: 'optional_type', args: [content] };
}

/** Reads the text of a type, e.g. `map(string, dyn)`. */
export function parseType(text: string): CelType {
  const open = text.indexOf('(');
  if (open < 0) return simple(text.trim());
  return { name: text.slice(0, open).trim(), args: splitTypes(text.slice(open + 1, text.lastIndexOf(')'))) };
}

/** Reads types that are separated by commas. */
export function splitTypes(text: string): CelType[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const sign = text[at];
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (at < text.length && (sign !== ',' || depth > 0)) continue;
    parts.push(text.slice(start, at));
    start = at + 1;
  }
  return parts.filter((part) => part.trim() !== '').map(parseType);
}

const shown: Readonly<Record<string, string>> = {
  'google.protobuf.Timestamp': 'timestamp',
  'google.protobuf.Duration': 'duration',
  null_type: 'null',
};

export function formatType({ name, args }: CelType): string {
  const text = shown[name] ?? name;
  return args.length > 0 ? `${text}(${args.map(formatType).join(', ')})` : text;
}

export function isSameType(a: CelType, b: CelType): boolean {
  return formatType(a) === formatType(b);
}

/** What the parameters of one signature stand for. */
export type Bindings = Map<string, CelType>;

/** True when a value of type `actual` may stand where `wanted` is declared. Binds the parameters of `wanted`. */
export function accepts(wanted: CelType, actual: CelType, bindings: Bindings): boolean {
  if (/^[A-Z]$/.test(wanted.name)) return bind(wanted.name, actual, bindings);
  if (wanted.name === 'dyn') return true;
  if (actual.name === 'dyn') {
    // Nothing is known of it, so nothing is known of what the parameters stand for.
    for (const name of parametersOf(wanted)) bindings.set(name, dyn);
    return true;
  }
  if (wanted.name !== actual.name) return false;
  return wanted.args.every((arg, at) => accepts(arg, actual.args[at] ?? dyn, bindings));
}

function bind(name: string, actual: CelType, bindings: Bindings): boolean {
  const bound = bindings.get(name);
  if (!bound) return !!bindings.set(name, actual);
  if (bound.name === 'dyn' || isSameType(bound, actual)) return true;
  if (actual.name === 'dyn') return !!bindings.set(name, dyn);
  // An empty list fits a list of anything.
  if (bound.name !== actual.name) return false;
  return bound.args.every((arg, at) => accepts(arg, actual.args[at] ?? dyn, new Map()));
}

function parametersOf(type: CelType): string[] {
  return /^[A-Z]$/.test(type.name) ? [type.name] : type.args.flatMap(parametersOf);
}

/** Puts in what the parameters stand for. */
export function resolve(type: CelType, bindings: Bindings): CelType {
  if (/^[A-Z]$/.test(type.name)) return bindings.get(type.name) ?? dyn;
  return type.args.length === 0
    ? type
    : { name: type.name, args: type.args.map((arg) => resolve(arg, bindings)) };
}

/** The type of a value that is of one of two types. */
export function join(a: CelType, b: CelType): CelType {
  return isSameType(a, b) ? a : dyn;
}

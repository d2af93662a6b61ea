import type { ASTNode } from './parse-expression.js';

/** `list.all(x, test)` and its kin: the body is evaluated for each item. */
export interface Comprehension {
  readonly kind: 'all' | 'exists' | 'exists_one' | 'filter' | 'map' | 'optMap' | 'optFlatMap';
  readonly over: ASTNode;
  readonly variable: string;
  /** Of `filter`, and of `map` with three arguments; of the quantifiers what they ask. */
  readonly test?: ASTNode;
  /** Of the maps: what each item becomes. */
  readonly becomes?: ASTNode;
}

const kinds: Readonly<Record<string, { kind: Comprehension['kind']; args: readonly number[] }>> = {
  all: { kind: 'all', args: [2] },
  exists: { kind: 'exists', args: [2] },
  exists_one: { kind: 'exists_one', args: [2] },
  existsOne: { kind: 'exists_one', args: [2] },
  filter: { kind: 'filter', args: [2] },
  map: { kind: 'map', args: [2, 3] },
  optMap: { kind: 'optMap', args: [2] },
  optFlatMap: { kind: 'optFlatMap', args: [2] },
};

/** Reads a call as a comprehension; undefined when it is none. */
export function asComprehension(node: ASTNode): Comprehension | undefined {
  if (node.op !== 'rcall') return undefined;
  const [name, over, args] = node.args;
  const found = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  const [variable, first, second] = args;
  if (!found?.args.includes(args.length) || variable?.op !== 'id' || !first) return undefined;
  const common = { kind: found.kind, over, variable: variable.args };
  if (second) return { ...common, test: first, becomes: second };
  return /map$/i.test(found.kind) ? { ...common, becomes: first } : { ...common, test: first };
}

/** The argument of `has(a.b)`; undefined when the node is something else. */
export function asPresenceTest(node: ASTNode): Extract<ASTNode, { op: '.' }> | undefined {
  if (node.op !== 'call' || node.args[0] !== 'has' || node.args[1].length !== 1) return undefined;
  const [field] = node.args[1];
  return field?.op === '.' ? field : undefined;
}

import { allFunctions } from './functions/all-functions.js';
import type { ASTNode } from './parse-expression.js';
import { TypeValue } from './values.js';

/** Types that an expression may name, e.g. in `type(x) == string`. */
const typeNames = new Set(
  'bool int uint double string bytes list map null_type type optional_type google.protobuf.Timestamp google.protobuf.Duration'.split(
    ' ',
  ),
);

/** The type of this name, as a value. */
export function typeNamed(name: string): TypeValue | undefined {
  return typeNames.has(name) ? new TypeValue(name) : undefined;
}

/** `a.b.c` of a chain of plain fields that begins with an identifier. */
export function dottedName(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  if (node.op !== '.') return undefined;
  const start = dottedName(node.args[0]);
  return start === undefined ? undefined : `${start}.${node.args[1]}`;
}

/** A call as it is carried out: `sets.contains(a, b)` looks like a method of `sets`, and is a function. */
export interface ResolvedCall {
  readonly name: string;
  readonly isMethod: boolean;
  readonly args: readonly ASTNode[];
}

type CallNode = Extract<ASTNode, { op: 'call' | 'rcall' }>;

export function resolveCall(node: CallNode): ResolvedCall {
  if (node.op === 'call') return { name: node.args[0], isMethod: false, args: node.args[1] };
  const [name, receiver, args] = node.args;
  const qualified = receiver.op === 'id' ? `${receiver.args}.${name}` : '';
  if (allFunctions.find(qualified, false)) return { name: qualified, isMethod: false, args };
  return { name, isMethod: true, args: [receiver, ...args] };
}

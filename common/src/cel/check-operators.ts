import type { ASTNode } from './parse-expression.js';
import { accepts, bool, dyn, formatType, join, type CelType } from './types.js';

type Fail = (node: ASTNode, message: string) => never;
type OperatorNode = Extract<
  ASTNode,
  { op: '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '+' | '-' | '*' | '/' | '%' | '!_' | '-_' }
>;

const numbers = new Set(['int', 'uint', 'double']);
const time = 'google.protobuf.Timestamp';
const span = 'google.protobuf.Duration';
const ordered = new Set(['bool', 'string', 'bytes', time, span]);
/** What `+` joins with its like. */
const joined = new Set(['string', 'bytes', span]);

/** Results of operators between two different types. */
const mixed: Readonly<Record<string, string>> = {
  [`${time} + ${span}`]: time,
  [`${span} + ${time}`]: time,
  [`${time} - ${span}`]: time,
};

/** The type of an operator's result. */
export function checkOperator(node: OperatorNode, typeOf: (node: ASTNode) => CelType, fail: Fail): CelType {
  if (node.op === '!_' || node.op === '-_') {
    const type = typeOf(node.args);
    const allowed = node.op === '!_' ? ['bool'] : ['int', 'double'];
    if (type.name === 'dyn') return node.op === '!_' ? bool : dyn;
    return allowed.includes(type.name) ? type : fail(node, noMatch(node.op === '!_' ? '!_' : '-_', [type]));
  }
  const sides: [CelType, CelType] = [typeOf(node.args[0]), typeOf(node.args[1])];
  return resultOf(node.op, sides) ?? fail(node, noMatch(node.op === 'in' ? '@in' : `_${node.op}_`, sides));
}

function resultOf(op: OperatorNode['op'], [a, b]: [CelType, CelType]): CelType | undefined {
  switch (op) {
    case '==':
    case '!=':
      return canBeEqual(a, b) ? bool : undefined;
    case '<':
    case '<=':
    case '>':
    case '>=':
      return canBeOrdered(a, b) ? bool : undefined;
    case 'in':
      return canHold(b, a) ? bool : undefined;
    default:
      return arithmetic(op, a, b);
  }
}

/** Numbers may be compared across their types; anything else only with its like. */
function canBeEqual(a: CelType, b: CelType): boolean {
  const nothing = a.name === 'null_type' || b.name === 'null_type';
  if (nothing) return true;
  return accepts(a, b, new Map()) || accepts(b, a, new Map());
}

function canBeOrdered(a: CelType, b: CelType): boolean {
  if (a.name === 'dyn' || b.name === 'dyn') return isOrdered(a) && isOrdered(b);
  return (numbers.has(a.name) && numbers.has(b.name)) || (a.name === b.name && ordered.has(a.name));
}

function isOrdered({ name }: CelType): boolean {
  return name === 'dyn' || numbers.has(name) || ordered.has(name);
}

function canHold(holder: CelType, item: CelType): boolean {
  if (holder.name === 'dyn') return true;
  const isHolder = holder.name === 'list' || holder.name === 'map';
  return isHolder && accepts(holder.args[0] ?? dyn, item, new Map());
}

function arithmetic(op: string, a: CelType, b: CelType): CelType | undefined {
  if (a.name === 'dyn' || b.name === 'dyn') return dyn;
  const found = mixed[`${a.name} ${op} ${b.name}`];
  if (found) return { name: found, args: [] };
  if (a.name !== b.name) return undefined;
  if (numbers.has(a.name)) return op === '%' && a.name === 'double' ? undefined : a;
  if (op === '-') return a.name === time || a.name === span ? { name: span, args: [] } : undefined;
  if (op !== '+') return undefined;
  return a.name === 'list' ? join(a, b) : joined.has(a.name) ? a : undefined;
}

function noMatch(name: string, types: readonly CelType[]): string {
  return `found no matching overload for '${name}' applied to '(${types.map(formatType).join(', ')})'`;
}

import type { ASTNode } from './parse-expression.js';
import { dyn, formatType, isSameType, listOf, mapOf, type CelType } from './types.js';

type Fail = (node: ASTNode, message: string) => never;
type Aggregate = Extract<ASTNode, { op: 'list' | 'map' }>;

/** The type of a literal list or map. Its items have to be of one type, as far as their types are known. */
export function checkAggregate(node: Aggregate, typeOf: (node: ASTNode) => CelType, fail: Fail): CelType {
  if (node.op === 'list') return listOf(commonType(node.args, typeOf, fail));
  const keys = node.args.map(([key]) => key);
  const values = node.args.map(([, value]) => value);
  return mapOf(commonType(keys, typeOf, fail), commonType(values, typeOf, fail));
}

function commonType(nodes: readonly ASTNode[], typeOf: (node: ASTNode) => CelType, fail: Fail): CelType {
  let common: CelType | undefined;
  for (const node of nodes) {
    const type = typeOf(node);
    if (common === undefined || isSameType(common, type)) common = type;
    else if (isOpen(common) || isOpen(type)) common = dyn;
    else fail(node, `expected type '${formatType(common)}' but found '${formatType(type)}'`);
  }
  return common ?? dyn;
}

/** Something of the type is not known before the evaluation. */
function isOpen(type: CelType): boolean {
  return type.name === 'dyn' || type.args.some(isOpen);
}

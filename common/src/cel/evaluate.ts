import { CelError } from './cel-error.js';
import { evaluateComprehension } from './evaluate-comprehension.js';
import type { Evaluation } from './evaluation.js';
import { allFunctions } from './functions/all-functions.js';
import { asComprehension, asPresenceTest } from './macros.js';
import { dottedName, resolveCall, typeNamed } from './names.js';
import { asInt } from './numbers.js';
import { negate, operate, type BinaryOperator } from './operators.js';
import type { ASTNode } from './parse-expression.js';
import { findField, findIndex, hasField, selectField, selectIndex } from './select.js';
import { keyOf, Optional, typeNameOf, Uint, type Value } from './values.js';

/** The value of a node. @throws CelError */
export function evaluateNode(node: ASTNode, run: Evaluation): Value {
  run.budget.spend(1);
  switch (node.op) {
    case 'value':
      return literal(node.args);
    case 'id':
      return lookUp(node, node.args, run);
    case '.':
    case '.?':
    case '[]':
    case '[?]':
      return evaluateAccess(node, run);
    case 'list':
      return node.args.map((item) => evaluateNode(item, run));
    case 'map':
      return evaluateMap(node.args, run);
    case '?:':
      return evaluateNode(isTrue(evaluateNode(node.args[0], run)) ? node.args[1] : node.args[2], run);
    case '&&':
      return evaluateLogic(node.args, false, run);
    case '||':
      return evaluateLogic(node.args, true, run);
    case 'call':
    case 'rcall':
      return evaluateCall(node, run);
    default:
      return evaluateOperator(node, run);
  }
}

function evaluateOperator(
  node: Extract<ASTNode, { op: BinaryOperator | '!_' | '-_' }>,
  run: Evaluation,
): Value {
  if (node.op === '!_') return !isTrue(evaluateNode(node.args, run));
  if (node.op === '-_') return evaluateMinus(node.args, run);
  const [left, right] = node.args;
  return operate(node.op, evaluateNode(left, run), evaluateNode(right, run), run.budget);
}

function evaluateAccess(node: Extract<ASTNode, { op: '.' | '.?' | '[]' | '[?]' }>, run: Evaluation): Value {
  switch (node.op) {
    case '.':
      return evaluateField(node, run);
    case '.?':
      return findField(evaluateNode(node.args[0], run), node.args[1]);
    case '[]':
      return selectIndex(evaluateNode(node.args[0], run), evaluateNode(node.args[1], run));
    case '[?]':
      return findIndex(evaluateNode(node.args[0], run), evaluateNode(node.args[1], run));
  }
}

type Literal = Extract<ASTNode, { op: 'value' }>['args'];

function literal(value: Literal): Value {
  if (typeof value === 'bigint') return asInt(value);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return new Uint(BigInt(String(value)));
}

/** The smallest integer has no positive counterpart, so the sign has to be read together with the digits. */
function evaluateMinus(node: ASTNode, run: Evaluation): Value {
  if (node.op === 'value' && typeof node.args === 'bigint') return asInt(-node.args);
  return negate(evaluateNode(node, run));
}

function lookUp(node: ASTNode, name: string, { scope }: Evaluation): Value {
  const found = scope.get(name);
  const value = found === undefined ? typeNamed(name) : found;
  if (value !== undefined) return value;
  throw new CelError(`no such attribute(s): ${dottedName(node) ?? name}`);
}

function evaluateField(node: Extract<ASTNode, { op: '.' }>, run: Evaluation): Value {
  const name = dottedName(node);
  const root = name?.slice(0, name.indexOf('.'));
  if (name !== undefined && root !== undefined && run.scope.get(root) === undefined) {
    const type = typeNamed(name);
    if (type) return type;
    if (!typeNamed(root)) throw new CelError(`no such attribute(s): ${name}`);
  }
  return selectField(evaluateNode(node.args[0], run), node.args[1]);
}

type MapEntries = Extract<ASTNode, { op: 'map' }>['args'];

function evaluateMap(entries: MapEntries, run: Evaluation): Value {
  const map = new Map<string | bigint | boolean, Value>();
  for (const [keyNode, valueNode] of entries) {
    const keyValue = evaluateNode(keyNode, run);
    const key = typeof keyValue === 'number' ? undefined : keyOf(keyValue);
    if (key === undefined) throw new CelError(`unsupported key type: ${typeNameOf(keyValue)}`);
    if (map.has(key)) throw new CelError(`repeated key: ${key}`);
    map.set(key, evaluateNode(valueNode, run));
  }
  return map;
}

/** One side that decides is enough, even when the other one fails. */
function evaluateLogic(
  [left, right]: readonly [ASTNode, ASTNode],
  decisive: boolean,
  run: Evaluation,
): boolean {
  let failure: unknown;
  for (const node of [left, right]) {
    try {
      if (isTrue(evaluateNode(node, run)) === decisive) return decisive;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      run.budget.spendOnError();
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return !decisive;
}

function isTrue(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  throw new CelError(`no such overload: a condition of type ${typeNameOf(value)}`);
}

function evaluateCall(node: Extract<ASTNode, { op: 'call' | 'rcall' }>, run: Evaluation): Value {
  const presence = asPresenceTest(node);
  if (presence) return hasField(evaluateNode(presence.args[0], run), presence.args[1]);
  const comprehension = asComprehension(node);
  if (comprehension) return evaluateComprehension(comprehension, run);
  const { name, isMethod, args } = resolveCall(node);
  const [receiver, fallback] = args;
  if (isMethod && receiver && fallback && args.length === 2 && (name === 'or' || name === 'orValue')) {
    return evaluateFallback(name, receiver, fallback, run);
  }
  const values = args.map((arg) => evaluateNode(arg, run));
  return allFunctions.call(name, isMethod, values, run.budget);
}

/** The fallback is evaluated only when it is needed. */
function evaluateFallback(name: 'or' | 'orValue', of: ASTNode, fallback: ASTNode, run: Evaluation): Value {
  const value = evaluateNode(of, run);
  if (!(value instanceof Optional)) throw new CelError(`no such overload: ${name} of ${typeNameOf(value)}`);
  if (value.content !== undefined) return name === 'or' ? value : value.content;
  return evaluateNode(fallback, run);
}

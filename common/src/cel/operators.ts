import type { Budget } from './budget.js';
import { CelError } from './cel-error.js';
import { compareValues, isEqual } from './compare.js';
import { includes } from './functions/collections.js';
import { asInt, asUint } from './numbers.js';
import { Duration, isList, isMap, keyOf, Timestamp, typeNameOf, Uint, type Value } from './values.js';

export type BinaryOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | '+' | '-' | '*' | '/' | '%';

/** The value of `a op b`. @throws CelError */
export function operate(op: BinaryOperator, a: Value, b: Value, budget: Budget): Value {
  switch (op) {
    case '==':
      return isEqual(a, b, budget);
    case '!=':
      return !isEqual(a, b, budget);
    case 'in':
      return isIn(a, b, budget);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return isOrdered(op, a, b);
    default:
      return calculate(op, a, b, budget);
  }
}

/** The value of `-a`. @throws CelError */
export function negate(value: Value): Value {
  if (typeof value === 'bigint') return asInt(-value);
  return typeof value === 'number' ? -value : noOverload('-', value);
}

function isIn(value: Value, holder: Value, budget: Budget): boolean {
  if (isList(holder)) return includes(holder, value, budget);
  if (!isMap(holder)) return noOverload('in', value, holder);
  const key = keyOf(value);
  return key !== undefined && holder.has(key);
}

function isOrdered(op: '<' | '<=' | '>' | '>=', a: Value, b: Value): boolean {
  const order = compareValues(a, b);
  if (order === undefined) return noOverload(op, a, b);
  if (op === '<') return order < 0;
  if (op === '<=') return order <= 0;
  return op === '>' ? order > 0 : order >= 0;
}

type Arithmetic = '+' | '-' | '*' | '/' | '%';

function calculate(op: Arithmetic, a: Value, b: Value, budget: Budget): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return asInt(integers(op, a, b));
  if (a instanceof Uint && b instanceof Uint) return asUint(integers(op, a.value, b.value));
  if (typeof a === 'number' && typeof b === 'number') return doubles(op, a, b);
  if (op === '+') return times(op, a, b) ?? concatenated(a, b, budget) ?? noOverload(op, a, b);
  return (op === '-' ? times(op, a, b) : undefined) ?? noOverload(op, a, b);
}

function integers(op: Arithmetic, a: bigint, b: bigint): bigint {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
  }
  if (b === 0n) throw new CelError(op === '/' ? 'division by zero' : 'modulus by zero');
  return op === '/' ? a / b : a % b;
}

function doubles(op: Arithmetic, a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return noOverload(op, a, b);
  }
}

function times(op: '+' | '-', a: Value, b: Value): Value | undefined {
  const sign = op === '+' ? 1n : -1n;
  if (b instanceof Duration) {
    if (a instanceof Timestamp) return new Timestamp(a.nanos + sign * b.nanos);
    if (a instanceof Duration) return new Duration(asInt(a.nanos + sign * b.nanos));
  }
  if (!(b instanceof Timestamp)) return undefined;
  if (op === '+') return a instanceof Duration ? new Timestamp(a.nanos + b.nanos) : undefined;
  return a instanceof Timestamp ? new Duration(asInt(a.nanos - b.nanos)) : undefined;
}

function concatenated(a: Value, b: Value, budget: Budget): Value | undefined {
  if (typeof a === 'string' && typeof b === 'string') {
    budget.spendOn(a.length + b.length);
    return a + b;
  }
  if (isList(a) && isList(b)) {
    budget.spendOn(a.length + b.length);
    return [...a, ...b];
  }
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return undefined;
  budget.spendOn(a.length + b.length);
  return Uint8Array.from([...a, ...b]);
}

function noOverload(op: string, ...values: readonly Value[]): never {
  throw new CelError(`no such overload: ${op} of ${values.map(typeNameOf).join(' and ')}`);
}

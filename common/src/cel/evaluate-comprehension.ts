import { CelError } from './cel-error.js';
import type { Evaluation } from './evaluation.js';
import type { Comprehension } from './macros.js';
import type { ASTNode } from './parse-expression.js';
import { isList, isMap, Optional, typeNameOf, type Value } from './values.js';

/** The value of `list.all(x, test)` and its kin; maps are gone through by their keys. @throws CelError */
export function evaluateComprehension(comprehension: Comprehension, run: Evaluation): Value {
  const { kind, over } = comprehension;
  const value = run.evaluate(over, run);
  if (kind === 'optMap' || kind === 'optFlatMap') return mapOptional(comprehension, value, run);
  const items = itemsOf(value, kind);
  switch (kind) {
    case 'all':
      return !decides(comprehension, items, false, run);
    case 'exists':
      return decides(comprehension, items, true, run);
    case 'exists_one':
      return items.filter((item) => passes(comprehension, item, run)).length === 1;
    case 'filter':
      return items.filter((item) => passes(comprehension, item, run));
    case 'map':
      return items
        .filter((item) => !comprehension.test || passes(comprehension, item, run))
        .map((item) => valueFor(comprehension.becomes!, comprehension, item, run));
  }
}

function itemsOf(value: Value, kind: string): readonly Value[] {
  if (isList(value)) return value;
  if (isMap(value)) return [...value.keys()];
  throw new CelError(`no such overload: ${kind} of ${typeNameOf(value)}`);
}

/** True when the test of one item is `wanted`. A failed test of another item counts only when none is. */
function decides(
  comprehension: Comprehension,
  items: readonly Value[],
  wanted: boolean,
  run: Evaluation,
): boolean {
  let failure: unknown;
  for (const item of items) {
    try {
      if (passes(comprehension, item, run) === wanted) return true;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      run.budget.spendOnError();
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return false;
}

function passes(comprehension: Comprehension, item: Value, run: Evaluation): boolean {
  const result = valueFor(comprehension.test!, comprehension, item, run);
  if (typeof result === 'boolean') return result;
  throw new CelError(`no such overload: ${comprehension.kind} with a test of type ${typeNameOf(result)}`);
}

function valueFor(body: ASTNode, { variable }: Comprehension, item: Value, run: Evaluation): Value {
  return run.evaluate(body, { ...run, scope: run.scope.with(variable, item) });
}

function mapOptional(comprehension: Comprehension, value: Value, run: Evaluation): Value {
  const { kind, becomes } = comprehension;
  if (!(value instanceof Optional)) throw new CelError(`no such overload: ${kind} of ${typeNameOf(value)}`);
  if (value.content === undefined) return Optional.none;
  const result = valueFor(becomes!, comprehension, value.content, run);
  if (kind === 'optMap') return new Optional(result);
  if (result instanceof Optional) return result;
  throw new CelError(`no such overload: optFlatMap to ${typeNameOf(result)}`);
}

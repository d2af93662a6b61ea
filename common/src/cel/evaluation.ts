import type { Budget } from './budget.js';
import type { ASTNode } from './parse-expression.js';
import type { Scope } from './scope.js';
import type { Value } from './values.js';

/** What one evaluation shares. */
export interface Evaluation {
  readonly scope: Scope<Value>;
  readonly budget: Budget;
  /** The value of a node. @throws CelError */
  readonly evaluate: (node: ASTNode, run: Evaluation) => Value;
}

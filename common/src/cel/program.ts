import { Budget, compilePattern } from './budget.js';
import { CelError } from './cel-error.js';
import { Checker } from './check.js';
import { evaluateNode } from './evaluate.js';
import { childrenOf } from './children.js';
import { resolveCall } from './names.js';
import { parseExpression, type ASTNode } from './parse-expression.js';
import { Scope } from './scope.js';
import { dyn, formatType, mapOf, type CelType } from './types.js';
import { valueOfJson, type Value } from './values.js';

export interface CompileOptions {
  /**
   * The names that the expression may use; each stands for an object. Absent: any name may turn up, and nothing but
   * the grammar is checked.
   */
  variables?: readonly string[];
  /** The type that the result has to have; is checked at once where variables are given. */
  output?: 'bool' | 'string';
}

/** An expression that was understood. */
export interface Program {
  readonly expression: string;
  /** @throws CelError; the values are JSON */
  evaluate(variables: Readonly<Record<string, unknown>>): Value;
  /** @throws CelError, also when the result is something else */
  evaluateBoolean(variables: Readonly<Record<string, unknown>>): boolean;
  /** @throws CelError, also when the result is something else */
  evaluateString(variables: Readonly<Record<string, unknown>>): string;
}

/**
 * Reads an expression of the language that Flux uses (flux-compat 1.8): CEL with optional types and the strings, sets and encoders
 * extensions, numbers compared across their types, times in UTC. @throws CelError with Flux's texts
 */
export function compile(expression: string, options: CompileOptions = {}): Program {
  const ast = understand(expression, options);
  try {
    compilePatterns(ast);
  } catch (error) {
    throw new CelError(`failed to create CEL program: ${(error as Error).message}`, { cause: error });
  }
  const evaluate = (variables: Readonly<Record<string, unknown>>): Value =>
    evaluateProgram(expression, ast, variables);
  return {
    expression,
    evaluate,
    evaluateBoolean(variables) {
      const value = evaluate(variables);
      if (typeof value === 'boolean') return value;
      throw new CelError(`failed to evaluate CEL expression as boolean: '${expression}'`);
    },
    evaluateString(variables) {
      const value = evaluate(variables);
      if (typeof value === 'string') return value;
      throw new CelError(`failed to evaluate CEL expression as string: '${expression}'`);
    },
  };
}

function understand(expression: string, { variables, output }: CompileOptions): ASTNode {
  let ast: ASTNode;
  let type: CelType | undefined;
  try {
    ast = parseExpression(expression);
    if (variables) {
      const declared = new Set(variables);
      const object = mapOf({ name: 'string', args: [] }, dyn);
      const scope = new Scope<CelType>((name) => (declared.has(name) ? object : undefined));
      type = new Checker(expression, scope).typeOf(ast);
    }
  } catch (error) {
    throw new CelError(`failed to parse the CEL expression '${expression}': ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (type && output && type.name !== output) {
    throw new CelError(`CEL expression output type mismatch: expected ${output}, got ${formatType(type)}`);
  }
  return ast;
}

/** A pattern that is written out in the expression has to be one. */
function compilePatterns(node: ASTNode): void {
  if (node.op === 'call' || node.op === 'rcall') {
    const { name, args } = resolveCall(node);
    const pattern = name === 'matches' && args.length === 2 ? args[1] : undefined;
    if (pattern?.op === 'value' && typeof pattern.args === 'string') compilePattern(pattern.args);
  }
  childrenOf(node).forEach(compilePatterns);
}

function evaluateProgram(
  expression: string,
  ast: ASTNode,
  variables: Readonly<Record<string, unknown>>,
): Value {
  const read = new Map<string, Value>();
  const scope = new Scope<Value>((name) => {
    if (!Object.hasOwn(variables, name) || variables[name] === undefined) return undefined;
    let value = read.get(name);
    if (value === undefined) read.set(name, (value = valueOfJson(variables[name])));
    return value;
  });
  try {
    return evaluateNode(ast, { scope, budget: new Budget(), evaluate: evaluateNode });
  } catch (error) {
    throw new CelError(`failed to evaluate the CEL expression '${expression}': ${(error as Error).message}`, {
      cause: error,
    });
  }
}

import { CelError } from '../cel/cel-error.js';
import { compile, type Program } from '../cel/program.js';
import { groupOf, type KubeObject, type TypeRef } from '../kube/object.js';
import { numberAt } from './fields.js';
import { current, failed, inProgress, type StatusResult } from './status.js';

/** One item of `spec.healthCheckExprs`. */
export interface HealthExpression {
  readonly apiVersion: string;
  /** Absent = every kind of the group. */
  readonly kind?: string | undefined;
  readonly current: string;
  readonly failed?: string | undefined;
  readonly inProgress?: string | undefined;
}

interface Rule {
  readonly status: StatusResult;
  readonly program: Program;
}

/** What somebody's own expressions say of the health of objects (flux-compat 1.8). */
export class HealthExpressions {
  private constructor(private readonly rules: ReadonlyMap<string, readonly Rule[]>) {}

  /** @throws CelError that names the item and the expression */
  static compile(expressions: readonly HealthExpression[]): HealthExpressions {
    const rules = new Map<string, readonly Rule[]>();
    for (const [index, expression] of expressions.entries()) {
      const key = keyOf(expression.apiVersion, expression.kind);
      if (rules.has(key)) {
        throw new CelError(
          `duplicate custom health check for GroupKind ${nameOf(expression)} at healthchecks[${index}]`,
        );
      }
      try {
        rules.set(key, rulesOf(expression));
      } catch (error) {
        const why = (error as Error).message;
        throw new CelError(`failed to create custom status evaluator for healthchecks[${index}]: ${why}`, {
          cause: error,
        });
      }
    }
    return new HealthExpressions(rules);
  }

  /** The health of an object; undefined when no expression is meant for its kind. @throws CelError */
  statusOf(object: KubeObject): StatusResult | undefined {
    const rules = this.#rulesFor(object);
    if (!rules) return undefined;
    if (isUnobserved(object)) return inProgress('');
    return rules.find(({ program }) => program.evaluateBoolean(object))?.status ?? inProgress('');
  }

  /** The version of a kind does not matter, and an expression for the very kind wins over one for its group. */
  #rulesFor({ apiVersion, kind }: TypeRef): readonly Rule[] | undefined {
    return this.rules.get(keyOf(apiVersion, kind)) ?? this.rules.get(keyOf(apiVersion, undefined));
  }
}

/** In the order in which they are asked: the first one that is true decides. */
function rulesOf(expression: HealthExpression): Rule[] {
  if (!expression.current) throw new CelError('expression Current not specified');
  return [
    ...ruleOf('InProgress', expression.inProgress, inProgress('')),
    ...ruleOf('Failed', expression.failed, failed('')),
    ...ruleOf('Current', expression.current, current('')),
  ];
}

function ruleOf(name: string, text: string | undefined, status: StatusResult): Rule[] {
  if (!text) return [];
  try {
    return [{ status, program: compile(text) }];
  } catch (error) {
    throw new CelError(`failed to parse the expression ${name}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function isUnobserved(object: KubeObject): boolean {
  const generation = numberAt(object, 'metadata', 'generation');
  const observed = numberAt(object, 'status', 'observedGeneration');
  return generation !== undefined && observed !== undefined && generation !== observed;
}

function keyOf(apiVersion: string, kind: string | undefined): string {
  return `${groupOf(apiVersion)}/${kind ?? ''}`;
}

/** `Kind.group`. */
function nameOf({ apiVersion, kind }: HealthExpression): string {
  return [kind ?? '', groupOf(apiVersion)].filter((part) => part !== '').join('.');
}

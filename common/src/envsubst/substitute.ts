import { TemplateError, type ExpansionNode, type TemplateNode } from './nodes.js';
import { applyOperator, isDefaultOperator } from './operators.js';
import { parseTemplate } from './parse-template.js';

/** Variables by name. */
export type Variables = Readonly<Record<string, string>>;

export interface SubstituteOptions {
  /** A variable that is not set and has no default is an error; otherwise it is the empty text. */
  readonly strict: boolean;
}

/** A substitution that failed; the message is the whole text of the contract (flux-compat 3.5). */
export class SubstitutionError extends Error {
  override readonly name = 'SubstitutionError';

  constructor(
    /** The cause alone, e.g. `bad substitution`. */
    readonly reason: string,
  ) {
    super(`envsubst error: variable substitution failed: ${reason}`);
  }
}

/** Replaces the variables in a text (flux-compat 3.5). Values are inserted as they are and not read again. */
export function substitute(text: string, variables: Variables, { strict }: SubstituteOptions): string {
  // Most objects hold no variable at all.
  if (!text.includes('$')) return text;
  return parse(text)
    .map((node) => evaluate(node, variables, strict))
    .join('');
}

function parse(text: string): TemplateNode[] {
  try {
    return parseTemplate(text);
  } catch (error) {
    if (error instanceof TemplateError) throw new SubstitutionError(error.message);
    throw error;
  }
}

function evaluate(node: TemplateNode, variables: Variables, strict: boolean): string {
  return node.kind === 'text' ? node.text : expand(node, variables, strict);
}

/** Arguments are evaluated first and always, also where the value makes them needless. */
function expand({ name, operator, args }: ExpansionNode, variables: Variables, strict: boolean): string {
  const texts = args.map((arg) => evaluate(arg, variables, strict));
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (value === undefined && strict && !isDefaultOperator(operator)) {
    throw new SubstitutionError(`variable not set (strict mode): ${JSON.stringify(name)}`);
  }
  return applyOperator(operator, value ?? '', texts);
}

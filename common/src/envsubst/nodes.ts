/** A piece of a template: text, or one `${…}`. */
export type TemplateNode = TextNode | ExpansionNode;

export interface TextNode {
  readonly kind: 'text';
  readonly text: string;
}

/** `${name}` has the empty operator; every other form names its own: `:=`, `#`, `^^`, `//`, … */
export interface ExpansionNode {
  readonly kind: 'expansion';
  readonly name: string;
  readonly operator: string;
  readonly args: readonly TemplateNode[];
}

/** A template that is not well-formed. The texts are the contract's (flux-compat 3.5). */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

export const problems = {
  badSubstitution: 'bad substitution',
  missingBrace: 'missing closing brace',
  noName: 'unable to parse variable name',
  badArgument: 'unable to parse substitution within function',
  badDefault: 'unable to parse default function',
  tooDeep: 'substitutions are nested too deeply',
} as const;

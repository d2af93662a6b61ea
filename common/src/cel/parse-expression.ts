import { Environment, ParseError, type ASTNode } from '@marcbachmann/cel-js';
import { CelError } from './cel-error.js';

export type { ASTNode };

/** A chain as long as this is walked by recursion without trouble; nobody writes one by hand. */
const limits = { maxAstNodes: 4_000, maxDepth: 100 };
const maxLength = 32_768;

// Only its parser is used. Macros are known to it, so that it checks their variables.
const environment = new Environment({ enableOptionalTypes: true, unlistedVariablesAreDyn: true, limits });

/** The syntax tree of an expression. @throws CelError with the place of the mistake, as cel-go writes it */
export function parseExpression(text: string): ASTNode {
  if (text.length > maxLength) throw new CelError(`expression is longer than ${maxLength} characters`);
  try {
    return environment.parse(text).ast;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new CelError(problemAt(text, error.range?.start ?? 0, `Syntax error: ${lowered(error.summary)}`));
  }
}

/** `ERROR: <input>:1:5: message` with the line and a mark under the place. */
export function problemAt(text: string, position: number, message: string): string {
  const before = text.slice(0, position).split('\n');
  const column = before.at(-1)!.length;
  const line = text.split('\n')[before.length - 1] ?? '';
  return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${'.'.repeat(column)}^`;
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

import { Cursor } from './cursor.js';
import { TemplateError, problems, type ExpansionNode, type TemplateNode } from './nodes.js';

/** Real templates nest two or three deep. */
const maxDepth = 100;

/** Parses the grammar of flux-compat 3.5. Only `${` begins an expansion; `$$` stands for one `$`. */
export function parseTemplate(template: string): TemplateNode[] {
  const cursor = new Cursor(template);
  const nodes: TemplateNode[] = [];
  while (!cursor.done) {
    if (cursor.take('${')) nodes.push(parseExpansion(cursor, 1));
    else nodes.push({ kind: 'text', text: cursor.takeUnescaped('', false) });
  }
  return nodes;
}

/** Behind `${`. */
function parseExpansion(cursor: Cursor, depth: number): ExpansionNode {
  if (depth > maxDepth) throw new TemplateError(problems.tooDeep);
  if (cursor.take('#')) return parseLength(cursor);
  const name = cursor.takeName();
  if (name === '') throw new TemplateError(problems.noName);
  switch (cursor.peek()) {
    case ':':
      return '=-?+'.includes(cursor.peek(1) || ' ')
        ? parseDefault(cursor, name, depth)
        : parseSubstring(cursor, name, depth);
    case '=':
      return parseDefault(cursor, name, depth);
    case ',':
    case '^':
      return parseCase(cursor, name);
    case '/':
      return parseReplace(cursor, name, depth);
    case '#':
    case '%':
      return parseTrim(cursor, name, depth);
    default:
      if (!cursor.take('}')) throw new TemplateError(problems.missingBrace);
      return { kind: 'expansion', name, operator: '', args: [] };
  }
}

/** `${#name}` */
function parseLength(cursor: Cursor): ExpansionNode {
  const name = cursor.takeName();
  if (name === '') throw new TemplateError(problems.badSubstitution);
  return close(cursor, { kind: 'expansion', name, operator: '#', args: [] });
}

/** `${name=…}` `${name:=…}` `${name:-…}` `${name:?…}` `${name:+…}`; the argument may mix text and expansions. */
function parseDefault(cursor: Cursor, name: string, depth: number): ExpansionNode {
  const operator = cursor.take('=') ? '=' : cursor.text.slice(cursor.at, (cursor.at += 2));
  const args: TemplateNode[] = [];
  while (cursor.peek() !== '}') args.push(parseArgument(cursor, '}', depth));
  return close(cursor, { kind: 'expansion', name, operator, args });
}

/** `${name:position}` `${name:position:length}` */
function parseSubstring(cursor: Cursor, name: string, depth: number): ExpansionNode {
  cursor.take(':');
  const position = parseArgument(cursor, ':}', depth);
  if (cursor.take('}')) return { kind: 'expansion', name, operator: ':', args: [position] };
  if (cursor.takeRun(':') === '') throw new TemplateError(problems.badSubstitution);
  const length = parseArgument(cursor, '}', depth);
  return close(cursor, { kind: 'expansion', name, operator: ':', args: [position, length] });
}

/** `${name^}` `${name^^}` `${name,}` `${name,,}` */
function parseCase(cursor: Cursor, name: string): ExpansionNode {
  let operator = '';
  while (operator.length < 2 && (cursor.peek() === ',' || cursor.peek() === '^'))
    operator += cursor.text[cursor.at++];
  return close(cursor, { kind: 'expansion', name, operator, args: [] });
}

/** `${name#pattern}` `${name##pattern}` `${name%pattern}` `${name%%pattern}` */
function parseTrim(cursor: Cursor, name: string, depth: number): ExpansionNode {
  const operator = cursor.takeRun(cursor.peek(), 2);
  const pattern = parseArgument(cursor, '}', depth);
  return close(cursor, { kind: 'expansion', name, operator, args: [pattern] });
}

/** `${name/pattern/text}`, after the first slash also `/` (all), `#` (prefix) or `%` (suffix). */
function parseReplace(cursor: Cursor, name: string, depth: number): ExpansionNode {
  cursor.take('/');
  const which = ['/', '#', '%'].find((char) => cursor.take(char)) ?? '';
  const operator = `/${which}`;
  const pattern: TemplateNode =
    cursor.peek() === '/' ? { kind: 'text', text: '' } : parseEscapedArgument(cursor, '/', depth);
  if (cursor.takeRun('/') === '') throw new TemplateError(problems.badSubstitution);
  const args = cursor.peek() === '}' ? [pattern] : [pattern, parseEscapedArgument(cursor, '}', depth)];
  return close(cursor, { kind: 'expansion', name, operator, args });
}

/** One argument is either an expansion or a run of text, never both and never empty. */
function parseArgument(cursor: Cursor, stops: string, depth: number): TemplateNode {
  if (cursor.take('${')) return parseExpansion(cursor, depth + 1);
  return textArgument(cursor.takeUntil(stops));
}

function parseEscapedArgument(cursor: Cursor, stops: string, depth: number): TemplateNode {
  if (cursor.take('${')) return parseExpansion(cursor, depth + 1);
  const start = cursor.at;
  const text = cursor.takeUnescaped(stops, true);
  if (cursor.at === start) throw new TemplateError(problems.badArgument);
  return { kind: 'text', text };
}

function textArgument(text: string): TemplateNode {
  if (text === '') throw new TemplateError(problems.badArgument);
  return { kind: 'text', text };
}

function close(cursor: Cursor, node: ExpansionNode): ExpansionNode {
  if (!cursor.take('}')) throw new TemplateError(problems.badSubstitution);
  return node;
}

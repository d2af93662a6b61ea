import { makeVersion, type Version } from './version.js';

export type ComparisonOperator = '' | '=' | '!=' | '>' | '<' | '>=' | '<=' | '~' | '^';

/** One comparison, e.g. `>=1.2`. Numbers that are absent or `x` are zero in `version`, and `wild` says from where on. */
export interface Comparison {
  readonly operator: ComparisonOperator;
  readonly version: Version;
  readonly wild?: 'major' | 'minor' | 'patch';
}

/** Alternatives; all comparisons of one of them have to hold. */
export type Constraint = readonly (readonly Comparison[])[];

const operatorAt = /!=|>=|=>|<=|=<|~>|[=><~^]|/y;
const versionAt =
  /v?([0-9xX*]+)(?:\.([0-9xX*]+))?(?:\.([0-9xX*]+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?/y;
const hyphenAt = /\s+-\s+/y;
const spaceAt = /\s*/y;

/**
 * Parses a version range in the dialect of the Go tools: comparisons that are separated by comma or space have
 * all to hold, `||` separates alternatives, `1 - 2` is a range (flux-compat 2.3, 5.2).
 */
export function parseConstraint(text: string): Constraint {
  return text.split('||').map(parseAll);
}

function parseAll(text: string): Comparison[] {
  const comparisons: Comparison[] = [];
  let at = skip(spaceAt, text, 0);
  for (;;) {
    const term = parseTerm(text, at);
    if (!term) throw new Error(`improper constraint: ${text}`);
    comparisons.push(...term.comparisons);
    const behind = skip(spaceAt, text, term.end);
    if (behind === text.length) return comparisons;
    const comma = text[behind] === ',';
    // Two comparisons need something in between, except behind a range.
    if (!comma && behind === term.end && term.comparisons.length === 1)
      throw new Error(`improper constraint: ${text}`);
    at = comma ? skip(spaceAt, text, behind + 1) : behind;
  }
}

interface Term {
  readonly comparisons: readonly Comparison[];
  readonly end: number;
}

/** One comparison, or a range, which is two of them. */
function parseTerm(text: string, start: number): Term | undefined {
  const operator = matchAt(operatorAt, text, start)?.[0] ?? '';
  const low = matchAt(versionAt, text, skip(spaceAt, text, start + operator.length));
  if (!low) return undefined;
  const lowEnd = versionAt.lastIndex;
  const hyphen = matchAt(hyphenAt, text, lowEnd);
  if (!hyphen) return { comparisons: [comparison(normal(operator), low)], end: lowEnd };
  const high = matchAt(versionAt, text, lowEnd + hyphen[0].length);
  if (operator !== '' || !high) return undefined;
  return { comparisons: [comparison('>=', low), comparison('<=', high)], end: versionAt.lastIndex };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function skip(pattern: RegExp, text: string, at: number): number {
  return at + (matchAt(pattern, text, at)?.[0].length ?? 0);
}

function normal(operator: string): ComparisonOperator {
  switch (operator) {
    case '=>':
      return '>=';
    case '=<':
      return '<=';
    case '~>':
      return '~';
    default:
      return operator as ComparisonOperator;
  }
}

function comparison(operator: ComparisonOperator, match: RegExpExecArray): Comparison {
  const [original, ...parts] = match;
  const [major = '', minor = '', patch = ''] = parts;
  const wild = isWild(major) ? 'major' : isWild(minor) ? 'minor' : isWild(patch) ? 'patch' : undefined;
  const version = makeVersion({
    major: wild === 'major' ? '0' : major,
    minor: wild === 'major' || wild === 'minor' ? '0' : minor,
    patch: wild ? '0' : patch,
    prerelease: parts[3] ?? '',
    metadata: parts[4] ?? '',
    original,
  });
  if (!version) throw new Error(`improper constraint: ${original} is not a version`);
  return { operator, version, ...(wild ? { wild } : {}) };
}

function isWild(part: string): boolean {
  return part === '' || part === '*' || part === 'x' || part === 'X';
}

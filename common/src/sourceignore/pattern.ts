import { compileGlob, matchesGlob, type Glob } from '../glob/glob.js';

/** What a pattern says of a path: nothing, leave it out, or take it in after all. */
export type Verdict = 'none' | 'exclude' | 'include';

/** One line of an ignore file. */
export interface IgnorePattern {
  /** Folder of the file that it stands in; it says nothing of paths outside. */
  readonly domain: readonly string[];
  readonly negated: boolean;
  readonly directoryOnly: boolean;
  /** Holds a slash, so it is about a path from the domain on; else about names at any depth. */
  readonly anchored: boolean;
  readonly segments: readonly Segment[];
}

/** `any` is `**`: folders at will. `none` is an empty segment, from a slash at the start. */
type Segment =
  | { readonly kind: 'any' }
  | { readonly kind: 'none' }
  | { readonly kind: 'name'; readonly glob: Glob | undefined };

/** Reads the patterns of one file; blank lines and lines that begin with `#` are skipped (flux-compat 2.3). */
export function parseIgnoreLines(text: string, domain: readonly string[]): IgnorePattern[] {
  return text
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .map((line) => parsePattern(line, domain));
}

function parsePattern(line: string, domain: readonly string[]): IgnorePattern {
  const negated = line.startsWith('!');
  const body = negated ? line.slice(1) : line;
  // A space at the end counts only behind a backslash.
  const trimmed = body.endsWith('\\ ') ? body : body.replace(/(?<! ) +$/, '');
  const directoryOnly = trimmed.endsWith('/');
  const path = directoryOnly ? trimmed.slice(0, -1) : trimmed;
  const anchored = path.includes('/');
  return {
    domain,
    negated,
    directoryOnly,
    anchored,
    segments: path.split('/').map((part) => segment(part, anchored)),
  };
}

function segment(text: string, anchored: boolean): Segment {
  if (anchored && text === '') return { kind: 'none' };
  if (anchored && text === '**') return { kind: 'any' };
  // In a path, two stars next to other characters make the pattern void; in a name alone they are two single stars.
  const malformed = anchored && text.includes('**');
  return { kind: 'name', glob: malformed ? undefined : compileGlob(text) };
}

/** What one pattern says of a path. A pattern that cannot be compiled matches nothing. */
export function matchPattern(pattern: IgnorePattern, path: readonly string[], isDirectory: boolean): Verdict {
  const { domain } = pattern;
  if (path.length <= domain.length || domain.some((name, i) => path[i] !== name)) return 'none';
  const inside = path.slice(domain.length);
  const matches = pattern.anchored
    ? matchesPath(pattern, inside, isDirectory)
    : matchesName(pattern, inside, isDirectory);
  if (!matches) return 'none';
  return pattern.negated ? 'include' : 'exclude';
}

/** The name of the file, or of a folder above it. */
function matchesName(
  { segments, directoryOnly }: IgnorePattern,
  path: readonly string[],
  isDirectory: boolean,
): boolean {
  const at = path.findIndex((name) => nameMatches(segments[0], name));
  if (at < 0) return false;
  return !directoryOnly || isDirectory || at < path.length - 1;
}

/** A path, or the folders that it begins with. */
function matchesPath(
  { segments, directoryOnly }: IgnorePattern,
  path: readonly string[],
  isDirectory: boolean,
): boolean {
  let at = 0;
  let matched = false;
  let anywhere = false;
  for (const [position, part] of segments.entries()) {
    if (part.kind === 'none') anywhere = false;
    else if (part.kind === 'any') {
      if (position === segments.length - 1) break;
      anywhere = true;
    } else {
      if (at >= path.length || !part.glob) return false;
      const next = anywhere ? firstMatch(part, path, at) : at;
      if (!anywhere && !nameMatches(part, path[at]!)) return false;
      matched = next !== undefined && nameMatches(part, path[next]!);
      at = matched ? next! + 1 : path.length;
      anywhere = false;
    }
  }
  return matched && (!directoryOnly || isDirectory || at < path.length);
}

function firstMatch(part: Segment, path: readonly string[], from: number): number | undefined {
  const at = path.findIndex((name, i) => i >= from && nameMatches(part, name));
  return at < 0 ? undefined : at;
}

function nameMatches(part: Segment | undefined, name: string): boolean {
  return part?.kind === 'name' && part.glob !== undefined && matchesGlob(part.glob, name);
}

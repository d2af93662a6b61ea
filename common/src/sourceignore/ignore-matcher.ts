import { defaultPatterns, vcsPatterns } from './default-patterns.js';
import { matchPattern, parseIgnoreLines, type IgnorePattern } from './pattern.js';

/** A `.sourceignore` that was found in a tree. */
export interface IgnoreFile {
  /** Folder from the root of the tree, '' for the root itself; parts are separated by `/`. */
  readonly directory: string;
  readonly text: string;
}

export interface IgnoreRules {
  readonly files: readonly IgnoreFile[];
  /** spec.ignore; comes after, and so over, the files. */
  readonly specIgnore?: string;
  /** `tree` for Git and OCI. A `bucket` knows the file at its root alone, and no defaults. */
  readonly of: 'tree' | 'bucket';
}

export interface IgnoreMatcher {
  /**
   * Whether a path is left out. Has to be asked for every path: a folder that is left out may still hold files
   * that a later pattern takes in, unlike in git (flux-compat 2.3).
   */
  ignores(path: string, isDirectory: boolean): boolean;
}

/** Name of the files that hold patterns. */
export const ignoreFileName = '.sourceignore';

/** Makes the matcher of a source (flux-compat 2.3): the last pattern that matches a path decides. */
export function ignoreMatcher(rules: IgnoreRules): IgnoreMatcher {
  const patterns = allPatterns(rules);
  return {
    ignores: (path, isDirectory) => lastVerdict(patterns, path.split('/'), isDirectory) === 'exclude',
  };
}

function allPatterns({ files, specIgnore, of }: IgnoreRules): readonly IgnorePattern[] {
  const read = files
    .map(({ directory, text }) => ({ domain: directory.split('/').filter(Boolean), text }))
    .filter(({ domain }) => (of === 'bucket' ? domain.length === 0 : !domain.includes('.git')))
    .sort((a, b) => compareDomains(a.domain, b.domain));
  const own = [
    ...read.flatMap(({ domain, text }) => parseIgnoreLines(text, domain)),
    ...parseIgnoreLines(specIgnore ?? '', []),
  ];
  if (of === 'bucket') return own;
  return own.length === 0 ? [...vcsPatterns, ...defaultPatterns] : [...vcsPatterns, ...own];
}

/** As a walk finds the folders: a folder, then what is in it, by name. */
function compareDomains(a: readonly string[], b: readonly string[]): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  }
  return a.length - b.length;
}

function lastVerdict(
  patterns: readonly IgnorePattern[],
  path: readonly string[],
  isDirectory: boolean,
): string {
  for (let i = patterns.length - 1; i >= 0; i--) {
    const verdict = matchPattern(patterns[i]!, path, isDirectory);
    if (verdict !== 'none') return verdict;
  }
  return 'none';
}

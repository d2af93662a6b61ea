import { parseConstraint } from './constraint.js';
import { satisfies } from './satisfies.js';
import { compareVersions, parseVersion, type Version } from './version.js';

/**
 * The tags with the highest version in a range, in the order in which they were given: `v1.0.0` and `1.0.0` are
 * equal. Git breaks such ties by the time of the commit (flux-compat 2.3). Tags that are no versions are skipped.
 * @throws when the range cannot be parsed: `improper constraint: …`
 */
export function highestMatches(range: string, tags: Iterable<string>): string[] {
  const constraint = parseConstraint(range);
  let highest: Version | undefined;
  let matches: string[] = [];
  for (const tag of tags) {
    const version = parseVersion(tag);
    if (!version || !satisfies(version, constraint)) continue;
    const order = highest ? compareVersions(version, highest) : 1;
    if (order > 0) {
      highest = version;
      matches = [tag];
    } else if (order === 0) matches.push(tag);
  }
  return matches;
}

/** The tag with the highest version in a range; of equal versions the first one (flux-compat 5.2). */
export function highestMatch(range: string, tags: Iterable<string>): string | undefined {
  return highestMatches(range, tags)[0];
}

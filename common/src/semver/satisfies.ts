import type { Comparison, Constraint } from './constraint.js';
import { compareNumbers, comparePrereleases, compareVersions, type Version } from './version.js';

/**
 * Whether a version is in a range. A prerelease is only in an alternative that names one itself, but then for
 * any of its versions (flux-compat 5.2): `>=1.0.0-0 <2` holds for 1.5.0-rc.1.
 */
export function satisfies(version: Version, constraint: Constraint): boolean {
  return constraint.some((comparisons) => {
    if (version.prerelease !== '' && comparisons.every(({ version: { prerelease } }) => prerelease === ''))
      return false;
    return comparisons.every((comparison) => holds(version, comparison));
  });
}

function holds(version: Version, comparison: Comparison): boolean {
  switch (comparison.operator) {
    case '':
    case '=':
      return comparison.wild
        ? tilde(version, comparison)
        : compareVersions(version, comparison.version) === 0;
    case '!=':
      return differs(version, comparison);
    case '>':
      return greater(version, comparison);
    case '>=':
      return compareVersions(version, comparison.version) >= 0;
    case '<':
      return compareVersions(version, comparison.version) < 0;
    case '<=':
      return lessOrEqual(version, comparison);
    case '~':
      return tilde(version, comparison);
    case '^':
      return caret(version, comparison);
  }
}

function sameMajor(a: Version, b: Version): boolean {
  return a.major === b.major;
}

function sameMinor(a: Version, b: Version): boolean {
  return sameMajor(a, b) && a.minor === b.minor;
}

/** `!=1.2` is unequal to all of 1.2.x. */
function differs(version: Version, { version: other, wild }: Comparison): boolean {
  if (wild === 'minor') return !sameMajor(version, other);
  if (wild === 'patch') return !sameMinor(version, other) || differsInPrerelease(version, other);
  return compareVersions(version, other) !== 0;
}

function differsInPrerelease(version: Version, other: Version): boolean {
  if (version.prerelease === '' && other.prerelease === '') return false;
  return comparePrereleases(version.prerelease, other.prerelease) !== 0;
}

/** `>1.2` begins with 1.3.0, `>1` with 2.0.0. */
function greater(version: Version, { version: other, wild }: Comparison): boolean {
  const major = compareNumbers(version.major, other.major);
  if (wild && major !== 0) return major > 0;
  if (wild === 'minor') return false;
  if (wild === 'patch') return compareNumbers(version.minor, other.minor) > 0;
  return compareVersions(version, other) > 0;
}

/** `<=1.2` holds for all of 1.2.x. */
function lessOrEqual(version: Version, { version: other, wild }: Comparison): boolean {
  if (!wild) return compareVersions(version, other) <= 0;
  const major = compareNumbers(version.major, other.major);
  if (major !== 0) return major < 0;
  return wild === 'minor' || compareNumbers(version.minor, other.minor) <= 0;
}

/** `~1.2.3` and `~1.2` stay in 1.2, `~1` in 1. All zero, and `~*`, is any version. */
function tilde(version: Version, { version: other, wild }: Comparison): boolean {
  if (compareVersions(version, other) < 0) return false;
  const zero = other.major === '0' && other.minor === '0' && other.patch === '0';
  if (zero && wild !== 'minor' && wild !== 'patch') return true;
  return wild === 'minor' ? sameMajor(version, other) : sameMinor(version, other);
}

/** The first number that is not zero stays: `^1.2.3` in 1, `^0.2.3` in 0.2, `^0.0.3` is 0.0.3. `^*` is `^0.0.0`. */
function caret(version: Version, { version: other, wild }: Comparison): boolean {
  if (compareVersions(version, other) < 0) return false;
  if (other.major !== '0' || wild === 'minor') return sameMajor(version, other);
  if (other.minor !== '0' || wild === 'patch') return sameMinor(version, other);
  return sameMinor(version, other) && version.patch === other.patch;
}

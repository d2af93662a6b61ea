/**
 * A version. Its numbers stay text without leading zeros: they may have 64 bits, as in versions that are made of
 * times, which a double cannot tell apart.
 */
export interface Version {
  readonly major: string;
  readonly minor: string;
  readonly patch: string;
  /** Without the hyphen; empty for a release. */
  readonly prerelease: string;
  /** Without the plus sign. */
  readonly metadata: string;
  /** As it was written. */
  readonly original: string;
}

const strict =
  /^v?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;
const maxUint64 = '18446744073709551615';

/**
 * Reads a version that has all of its three numbers; one `v` may stand in front (flux-compat 2.3). Undefined for
 * everything else, `1.2` too.
 */
export function parseVersion(text: string): Version | undefined {
  const match = strict.exec(text);
  if (!match) return undefined;
  const [, major = '', minor = '', patch = '', prerelease = '', metadata = ''] = match;
  return makeVersion({ major, minor, patch, prerelease, metadata, original: text });
}

/** Takes leading zeros from the numbers. Undefined when a number is too big or the prerelease is malformed. */
export function makeVersion(parts: Version): Version | undefined {
  const [major, minor, patch] = [parts.major, parts.minor, parts.patch].map((part) =>
    part.replace(/^0+(?=[0-9])/, ''),
  ) as [string, string, string];
  if (![major, minor, patch].every(isUint64)) return undefined;
  if (parts.prerelease.split('.').some((part) => /^0[0-9]+$/.test(part))) return undefined;
  return { ...parts, major, minor, patch };
}

/** Order of precedence; metadata has none. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compareNumbers(a.major, b.major) ||
    compareNumbers(a.minor, b.minor) ||
    compareNumbers(a.patch, b.patch) ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

/** A release comes after its prereleases. */
export function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? 1 : -1;
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareParts(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
  return Math.sign(left.length - right.length);
}

/** Numbers by value and before text; text by code. */
function compareParts(a: string, b: string): number {
  const aNumber = isUint64(a);
  const bNumber = isUint64(b);
  if (aNumber && bNumber) return compareNumbers(a, b);
  if (aNumber !== bNumber) return aNumber ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Of digits without leading zeros. */
export function compareNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

function isUint64(text: string): boolean {
  return /^[0-9]+$/.test(text) && compareNumbers(text, maxUint64) <= 0;
}

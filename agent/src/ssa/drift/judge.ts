import type { ObjectVersion } from './object-version.js';

/** What the watch told last of an object. */
export interface Observation {
  version: ObjectVersion;
  /** It was deleted or lost the owner's label; the version is then the last that was told. */
  gone: boolean;
}

/**
 * May an object have drifted since an apply saw it?
 *
 * Own writes come back with the seen resourceVersion or an older one. A change of the status alone moves neither the
 * generation nor labels and annotations; of kinds without a generation nothing tells it apart, so every foreign write
 * counts. A suspicion costs one dry-run of one object, so in doubt it is one.
 */
export function isSuspect(seen: ObjectVersion, latest: Observation | undefined): boolean {
  if (latest === undefined) return false;
  // A deletion that went unwatched is told with the version known before it, which may be the seen one.
  if (latest.gone) return latest.version.uid === seen.uid && !isNewer(seen, latest.version);
  if (!isNewer(latest.version, seen)) return false;
  const { uid, generation, texts } = latest.version;
  return (
    uid !== seen.uid ||
    seen.generation === undefined ||
    generation !== seen.generation ||
    texts !== seen.texts
  );
}

/** Resource versions are meant to be opaque, yet every server counts them up; where one does not, all are new. */
function isNewer({ resourceVersion: a }: ObjectVersion, { resourceVersion: b }: ObjectVersion): boolean {
  return /^\d+$/.test(a) && /^\d+$/.test(b) ? BigInt(a) > BigInt(b) : a !== b;
}

const firstPauseMs = 500;
const longestPauseMs = 60_000;

/**
 * How long to wait before an object is suspected again, after `unfounded` suspicions in a row that turned out to be
 * nothing. A ConfigMap that some controller renews every two seconds must not cost a dry-run each time; the first two
 * are free, so that a real edit after a harmless one is corrected at once.
 */
export function pauseAfter(unfounded: number): number {
  return unfounded < 3 ? 0 : Math.min(firstPauseMs * 2 ** (unfounded - 3), longestPauseMs);
}

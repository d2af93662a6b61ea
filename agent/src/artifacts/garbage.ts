/** A stored file of one owner. */
export interface StoredFile {
  name: string;
  modifiedMs: number;
}

export interface Retention {
  /** Files older than this go, except the current one. */
  ttlMs: number;
  /** At most so many files stay, the current one included. */
  records: number;
}

/**
 * The files that may go (flux-compat 2.1): first those that are expired, then the oldest until at most `records`
 * are left. Never the current one.
 */
export function selectGarbage(
  files: readonly StoredFile[],
  current: string,
  retention: Retention,
  now: number,
): string[] {
  const others = files
    .filter((file) => file.name !== current)
    .toSorted((a, b) => a.modifiedMs - b.modifiedMs);
  const expired = others.filter((file) => now - file.modifiedMs > retention.ttlMs);
  const fresh = others.filter((file) => now - file.modifiedMs <= retention.ttlMs);
  const currentCount = files.length - others.length;
  const surplus = Math.max(0, fresh.length + currentCount - Math.max(retention.records, currentCount));
  return [...expired, ...fresh.slice(0, surplus)].map((file) => file.name);
}

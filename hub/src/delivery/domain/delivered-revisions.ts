import { isSameRepository } from '../../platform/git/repository-address.js';
import type { DeliveredRevision } from '../../promotions/git-delivery.js';
import type { ReleaseItem } from '../../releases/releases.js';
import { ChangeError } from './change-error.js';

const commitInRevision = /(?:^|[@:/])(?:sha1|sha256):([0-9a-f]{40}(?:[0-9a-f]{24})?)$/;

/**
 * The items of a release that come from the repository that is written. Where no address says so but only one item
 * comes from Git at all, it is that one: agents may know the server by another name than the hub.
 * @throws ChangeError: it cannot be told which sources would have to follow
 */
export function itemsOf(items: readonly ReleaseItem[], url: string): readonly ReleaseItem[] {
  const fromGit = items.filter(({ source }) => source.kind === 'GitRepository');
  const same = fromGit.filter((item) => isSameRepository(item.url, url));
  if (same.length > 0 || fromGit.length === 0) return same;
  if (fromGit.length === 1) return fromGit;
  const known = fromGit.map(({ source, url: its }) => `${source.name} (${its || 'address unknown'})`);
  throw new ChangeError(`none of the sources of the release comes from ${url}: ${known.join(', ')}`);
}

/** The commit of a revision such as `main@sha1:<commit>`. */
export function commitOf(revision: string): string | undefined {
  return commitInRevision.exec(revision)?.[1];
}

/** What sources have to move to once a branch has a commit. */
export function deliveredRevisions(
  items: readonly ReleaseItem[],
  branch: string,
  commit: string,
): readonly DeliveredRevision[] {
  const kind = commit.length === 64 ? 'sha256' : 'sha1';
  return items.map(({ source }) => ({ source, revision: `${branch}@${kind}:${commit}` }));
}

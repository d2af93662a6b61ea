import type { GitWriting } from '../platform/git/git-writer.js';
import { GitError } from '../platform/git/git-error.js';
import type { PromotionToDeliver } from '../promotions/git-delivery.js';
import type { ReleaseItem } from '../releases/releases.js';
import { applyChanges } from './domain/apply-changes.js';
import { ChangeError } from './domain/change-error.js';
import { commitOf } from './domain/delivered-revisions.js';
import { commitMessage } from './domain/delivery-text.js';
import type { FileTree } from './domain/file-tree.js';
import { treeChanges } from './domain/file-tree.js';

/** A commit that a promotion has made, and what it was made out of. */
export interface PromotionCommit {
  readonly tip: string;
  /** null: the tip holds the promotion already. */
  readonly commit: string | null;
}

/**
 * Makes the commit of a promotion out of the tip of the branch, without pushing it. What is copied comes from the
 * commit of the release where it is one of this repository, so that nothing newer slips in; else from the tip.
 * @throws ChangeError, GitError
 */
export async function makeCommit(
  git: GitWriting,
  promotion: PromotionToDeliver,
  items: readonly ReleaseItem[],
  author: string,
): Promise<PromotionCommit> {
  const { branch, changes } = promotion.git;
  const tip = await git.tip(branch);
  const target = await treeOf(git, tip);
  const released = releasedCommit(items);
  const source = released === undefined || released === tip ? target : await releasedTree(git, released);
  const after = await applyChanges(changes, {
    target,
    source,
    names: { target: branch, source: source === target ? branch : `${branch} at ${released?.slice(0, 12)}` },
    read: (id) => git.read(id),
  });
  const { removed, written } = treeChanges(target, after);
  if (removed.length === 0 && written.length === 0) return { tip, commit: null };
  const commit = await git.commit({
    base: tip,
    removed,
    written: written.map(([path, { mode, content }]) => ({ path, mode, content })),
    message: commitMessage(promotion),
    author,
  });
  return { tip, commit };
}

function releasedCommit(items: readonly ReleaseItem[]): string | undefined {
  const commits = [...new Set(items.flatMap(({ revision }) => commitOf(revision) ?? []))];
  if (commits.length > 1)
    throw new ChangeError(
      'the sources of the release are at different commits of the repository that is written',
    );
  return commits[0];
}

async function releasedTree(git: GitWriting, commit: string): Promise<FileTree> {
  try {
    await git.fetchCommit(commit);
  } catch (error) {
    if (!(error instanceof GitError) || !/not our ref|unadvertised|no such remote ref/i.test(error.message))
      throw error;
    throw new ChangeError(`the server does not give the commit of the release, ${commit}: ${error.message}`);
  }
  return treeOf(git, commit);
}

async function treeOf(git: GitWriting, commit: string): Promise<FileTree> {
  const entries = await git.entries(commit);
  return new Map(entries.map(({ path, mode, id }) => [path, { mode, content: { id } }]));
}

import type { GitReference } from '@flotilla/common/api/git-repository';
import { highestMatches } from '@flotilla/common/semver/highest-match';
import { contentOf } from '../gate/decide-gate.js';
import type { AncestryQuestion } from './ancestry.js';
import { gitRevision, isCommitHash, planCheckout, refNameOf } from './checkout-plan.js';
import { tagsOf, type ResolvedTarget } from './resolve-target.js';

/** What it takes to go to a pinned commit. */
export type PinTarget =
  | { readonly target: ResolvedTarget; readonly ifAncestor?: AncestryQuestion }
  | { readonly refused: string };

/** The ref as the remote has it now, and who the commit is for. */
export interface PinQuestion {
  readonly ref: GitReference | undefined;
  /** What spec.ref means now. */
  readonly newest: ResolvedTarget;
  readonly revision: string;
  /** namespace/name of the source. */
  readonly keptFor: string;
}

/**
 * Whether spec.ref leads to a pinned commit, as far as the listing tells: a branch or a full ref name by its history, a
 * tag and a commit by being the same, a semver range by one of its tags. The revision is named as the artifact of a
 * source that follows this ref would be.
 */
export function pinTarget(question: PinQuestion): PinTarget {
  const { ref, newest, revision } = question;
  const commit = contentOf(revision);
  if (!isCommitHash(commit)) return { refused: `'${revision}' names no commit` };
  const plan = planCheckout(ref);
  const listed = newest.fetch.kind === 'ref' ? newest.fetch : undefined;
  if (plan.kind === 'semver') return tagInRange(question, plan.range, commit);
  const isNewest = (listed ? listed.expected : plan.kind === 'commit' && plan.commit) === commit;
  if (isNewest) return { target: exactly(newest) };
  if (plan.kind === 'commit') return { refused: `spec.ref.commit is '${plan.commit}'` };
  if (plan.kind === 'tag')
    return { refused: `the tag '${plan.name}' of spec.ref is at '${listed?.expected}'` };
  return {
    target: commitTarget(question, commit, gitRevision(plan.name, commit), plan.name),
    ifAncestor: { commit, refName: refNameOf(plan), tip: listed?.expected ?? '' },
  };
}

/** The commit that a held source stays at, to build its artifact again. It was checked when it came. */
export function stayTarget(question: PinQuestion): ResolvedTarget {
  const { newest, revision } = question;
  if (newest.revision === revision) return exactly(newest);
  const commit = contentOf(revision);
  const at = revision.lastIndexOf('@');
  const name = at > 0 ? revision.slice(0, at) : undefined;
  const plan = planCheckout(question.ref);
  const isTag = plan.kind === 'tag' || plan.kind === 'semver';
  if (isTag && name && newest.refs && tagsOf(newest.refs).get(name) === commit)
    return tagTarget(newest, name, commit);
  return commitTarget(question, commit, revision, name);
}

function tagInRange({ newest, revision }: PinQuestion, range: string, commit: string): PinTarget {
  const tags = newest.refs ? [...tagsOf(newest.refs)] : [];
  const ofCommit = tags.filter(([, hash]) => hash === commit).map(([name]) => name);
  const inRange = ofCommit.filter((name) => highestMatches(range, [name]).length > 0);
  const named = inRange.find((name) => revision.startsWith(`${name}@`));
  const name = named ?? highestMatches(range, inRange)[0];
  if (name !== undefined) return { target: tagTarget(newest, name, commit) };
  return { refused: `no tag in the range '${range}' of spec.ref is at this commit` };
}

function tagTarget(newest: ResolvedTarget, name: string, commit: string): ResolvedTarget {
  const fetch = { kind: 'ref' as const, refName: `refs/tags/${name}`, expected: commit, isExact: true };
  return { ...newest, fetch, revision: gitRevision(name, commit), name };
}

function commitTarget(
  { newest, ref, keptFor }: PinQuestion,
  commit: string,
  revision: string,
  name: string | undefined,
): ResolvedTarget {
  const plan = planCheckout(ref);
  const within = plan.kind === 'branch' || plan.kind === 'name' ? { refName: refNameOf(plan) } : {};
  return { ...newest, fetch: { kind: 'commit', commit, keptFor, ...within }, revision, name };
}

/** The remote may move between the listing and the fetch: then the fetch has to fail. */
function exactly(newest: ResolvedTarget): ResolvedTarget {
  return newest.fetch.kind === 'ref' ? { ...newest, fetch: { ...newest.fetch, isExact: true } } : newest;
}

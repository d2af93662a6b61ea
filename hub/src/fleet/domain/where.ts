import type { Sync } from './axes.js';
import type { CommitQuery } from './commit.js';
import { matchesCommit } from './commit.js';
import type { Freshness } from './freshness.js';

export const whereStates = ['Reached', 'Partial', 'Failed', 'Behind', 'Unknown'] as const;

/** How far a commit has come on one cluster. */
export type WhereState = (typeof whereStates)[number];

export interface FollowerRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** An object that stands in the way of the commit, with what it says. */
export interface Obstacle extends FollowerRef {
  readonly reason: string;
  readonly message: string;
}

/**
 * A Kustomization that builds from the repository, and the source between the two; or several that are alike, which
 * have no name then.
 */
export interface Follower extends Obstacle {
  readonly count: number;
  readonly sync: Sync;
  readonly revision: string;
  readonly attemptedRevision: string;
  readonly changedAt: Date;
  /**
   * When it applied the commit first, if it did and has not gone back since; null otherwise. A cluster that has
   * moved on to a later commit has still reached this one.
   */
  readonly passedAt: Date | null;
  readonly source: (Obstacle & { readonly sync: Sync; readonly revision: string }) | null;
}

export interface WhereDecision {
  readonly state: WhereState;
  readonly objects: { readonly reached: number; readonly total: number };
  readonly failed: readonly Obstacle[];
  /** When the last object arrived; null until all have. */
  readonly reachedAt: Date | null;
}

/** Decides how far a commit has come on one cluster. */
export function whereOnCluster(
  query: CommitQuery,
  freshness: Freshness,
  followers: readonly Follower[],
): WhereDecision {
  const reached = followers.filter((follower) => hasReached(follower, query));
  const failed = distinct(followers.flatMap((follower) => obstaclesOf(follower, query)));
  const state = stateFrom(freshness, countOf(followers), countOf(reached), failed.length);
  const arrivals = reached.map(({ passedAt, changedAt }) => (passedAt ?? changedAt).getTime());
  return {
    state,
    objects: { reached: countOf(reached), total: countOf(followers) },
    failed,
    reachedAt: state === 'Reached' ? new Date(Math.max(...arrivals)) : null,
  };
}

/** Having been reached is a fact that stays true when a cluster is lost; anything less is not known then. */
function stateFrom(freshness: Freshness, total: number, reached: number, failed: number): WhereState {
  if (total === 0) return 'Unknown';
  if (reached === total) return 'Reached';
  if (freshness === 'Lost') return 'Unknown';
  if (failed > 0) return 'Failed';
  return reached > 0 ? 'Partial' : 'Behind';
}

function countOf(followers: readonly Follower[]): number {
  return followers.reduce((sum, { count }) => sum + count, 0);
}

function hasReached(follower: Follower, query: CommitQuery): boolean {
  return follower.passedAt !== null || matchesCommit(follower.revision, query);
}

function obstaclesOf(follower: Follower, query: CommitQuery): readonly Obstacle[] {
  if (hasReached(follower, query)) return [];
  const { source } = follower;
  const tried =
    matchesCommit(follower.attemptedRevision, query) ||
    (source !== null && matchesCommit(source.revision, query));
  if (follower.sync === 'Failed' && tried) return [obstacle(follower)];
  // A source that cannot fetch blocks every commit that it does not hold yet.
  return source !== null && source.sync === 'Failed' && !tried ? [obstacle(source)] : [];
}

function obstacle({ kind, namespace, name, reason, message }: Obstacle): Obstacle {
  return { kind, namespace, name, reason, message };
}

function distinct(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  return [...new Map(obstacles.map((one) => [`${one.kind}/${one.namespace}/${one.name}`, one])).values()];
}

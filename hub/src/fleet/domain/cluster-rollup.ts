import type { Health, Intent, Sync } from './axes.js';
import { intentStates } from './axes.js';
import type { Freshness } from './freshness.js';

/** From best to worst. Unknown is worse than anything that will end by itself, so that it is never green. */
export const syncOrder: readonly Sync[] = ['Synced', 'Progressing', 'OutOfSync', 'Unknown', 'Failed'];
export const healthOrder: readonly Health[] = ['Healthy', 'Suspended', 'Progressing', 'Unknown', 'Unhealthy'];

/** What is counted over the objects of one cluster. */
export interface ObjectCounts {
  readonly total: number;
  /** Synced and healthy, whatever the freshness. */
  readonly good: number;
  readonly failed: number;
  readonly suspended: number;
  readonly progressing: number;
  readonly outOfSync: number;
  readonly unknown: number;
}

/** The object that explains a failure best. */
export interface FailureExample {
  readonly name: string;
  readonly reason: string;
  readonly message: string;
}

export interface ClusterFacts {
  readonly sync: Sync;
  readonly health: Health;
  readonly freshness: Freshness;
  /** Why its agents are refused; null when they are not. */
  readonly refusal: string | null;
  readonly confirmedAt: Date | null;
  readonly counts: ObjectCounts;
  readonly failure: FailureExample | null;
}

/** The worst sync of a cluster's objects; Unknown without any. */
export function worstSync(states: readonly Sync[]): Sync {
  return worst(states, syncOrder) ?? 'Unknown';
}

/** The worst health of a cluster's objects; Unknown without any. */
export function worstHealth(states: readonly Health[]): Health {
  return worst(states, healthOrder) ?? 'Unknown';
}

/** The strongest word that one of a cluster's objects has been given; Following without any. */
export function strongestIntent(states: readonly Intent[]): Intent {
  return worst(states, intentStates) ?? 'Following';
}

/** Live, not refused, and every one of at least one object is synced and healthy. */
export function isClusterReady({ freshness, refusal, counts }: ClusterFacts): boolean {
  return freshness === 'Live' && refusal === null && counts.total > 0 && counts.good === counts.total;
}

/** Why a cluster is not ready, in words; empty when it is. The most severe cause wins. */
export function clusterReason(facts: ClusterFacts, now: Date): string {
  if (isClusterReady(facts)) return '';
  const { counts } = facts;
  if (facts.refusal !== null)
    return ['its identity has been revoked', facts.refusal].filter(Boolean).join(': ');
  if (facts.confirmedAt === null) return 'its agent has not reported yet';
  if (facts.freshness !== 'Live') return `its agent has not reported for ${age(facts.confirmedAt, now)}`;
  if (counts.total === 0) return 'its agent reports no objects';
  return failureReason(facts) ?? waitingReason(counts);
}

function failureReason({ counts, failure }: ClusterFacts): string | null {
  if (counts.failed === 0) return null;
  const count = `${counts.failed} of ${counts.total} objects failed`;
  if (failure === null) return count;
  return `${count}: ${failure.name} ${[failure.reason, firstLine(failure.message)].filter(Boolean).join(': ')}`;
}

function waitingReason(counts: ObjectCounts): string {
  const parts: readonly (readonly [number, string])[] = [
    [counts.unknown, 'unknown'],
    [counts.outOfSync, 'out of sync'],
    [counts.progressing, 'progressing'],
    [counts.suspended, 'suspended'],
  ];
  const words = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return `of ${counts.total} objects ${words.join(', ')}`;
}

function worst<State>(states: readonly State[], order: readonly State[]): State | undefined {
  return order[Math.max(...states.map((state) => order.indexOf(state)), -1)];
}

function age(since: Date, now: Date): string {
  const seconds = Math.max(0, Math.floor((now.getTime() - since.getTime()) / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`;
}

function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

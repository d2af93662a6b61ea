import type { Gate } from '@flotilla/common/fleet-api/gates';

/** An environment in which a release has to be promoted before it may come here. */
export interface PredecessorFact {
  readonly environment: string;
  /** When this release was promoted there last; null: never. */
  readonly promotedAt: Date | null;
}

/** What the clusters of an environment say about a release. */
export interface HealthFact {
  readonly environment: string;
  /** What the environment was promoted to last. */
  readonly current: { readonly name: string; readonly number: number } | null;
  /** Clusters that are ready on the release. */
  readonly ready: number;
  /** Clusters that are heard of and not ready on it, with why. */
  readonly notReady: readonly { readonly cluster: string; readonly why: string }[];
  /** Clusters that are not heard of; they do not count. */
  readonly silent: readonly string[];
}

/** A freeze that holds the environment. */
export interface FreezeFact {
  readonly name: string;
  readonly reason: string;
  readonly until: Date;
}

/** Everything that gates look at besides the promotion itself. */
export interface GateFacts {
  readonly predecessors: readonly PredecessorFact[];
  /** When this release was promoted in this environment before; going back to it needs no soak elsewhere. */
  readonly promotedHereAt: Date | null;
  readonly releasedAt: Date;
  readonly health: readonly HealthFact[];
  readonly freezes: readonly FreezeFact[];
  /** Two people let this promotion pass freezes. */
  readonly breakGlass: boolean;
}

export interface Verdict {
  readonly phase: 'pass' | 'wait' | 'fail';
  readonly message: string;
  readonly until?: Date | null;
  /** A fail that is nobody's fault: the promotion ends as Superseded. */
  readonly superseded?: boolean;
}

/** A gate of one type. */
export type GateOf<Type extends Gate['type']> = Extract<Gate, { readonly type: Type }>;

/** At most so many names in a message. */
const mostNames = 3;

/** "a, b, c and 4 more" */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).join(', ');
  const more = names.length - mostNames;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

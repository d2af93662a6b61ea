import type { PinRequest, PinTarget, SourceKey } from '../../standing/standing.js';

/** An environment of a pipeline that moves the sources of its clusters by pins. */
export interface GovernedPlace {
  readonly pipeline: string;
  readonly environment: string;
  readonly sources: readonly SourceKey[];
  readonly clusterIds: readonly string[];
}

/** A source of a cluster that a pipeline moves by pins. */
export interface GovernedSource extends PinTarget {
  readonly pipeline: string;
  readonly environment: string;
}

/** What is the case of one source of one cluster. */
export interface SourceFact extends PinTarget {
  /** Of its artifact, as a Live agent reports it; empty where there is none, or nobody to tell. */
  readonly revision: string;
  readonly pinned: boolean;
  /** A rollout that has not ended looks after it. */
  readonly isMoving: boolean;
}

export interface PinPlan {
  readonly pin: readonly PinRequest[];
  readonly unpin: readonly PinTarget[];
}

/** The governed sources of those clusters that there is something to say about: mostly of none in a large fleet. */
export function governedOf(
  places: readonly GovernedPlace[],
  facts: readonly SourceFact[],
): readonly GovernedSource[] {
  const wanted = new Set(facts.map(({ clusterId }) => clusterId));
  return places.flatMap(({ pipeline, environment, sources, clusterIds }) =>
    clusterIds
      .filter((clusterId) => wanted.has(clusterId))
      .flatMap((clusterId) => sources.map((source) => ({ clusterId, source, pipeline, environment }))),
  );
}

/**
 * Which sources have to be kept in place, because a pipeline says when they move and none of its rollouts has reached
 * them yet, and which are kept although no pipeline looks after them any more.
 */
export function planPins(governed: readonly GovernedSource[], facts: readonly SourceFact[]): PinPlan {
  const governors = new Map(governed.map((one) => [keyOf(one), one]));
  const pin = facts
    .filter((fact) => !fact.pinned && fact.revision !== '')
    .flatMap((fact) => {
      const governor = governors.get(keyOf(fact));
      return governor ? [keepInPlace(governor, fact.revision)] : [];
    });
  const unpin = facts
    .filter((fact) => fact.pinned && !fact.isMoving && !governors.has(keyOf(fact)))
    .map(({ clusterId, source }) => ({ clusterId, source }));
  return { pin, unpin };
}

function keepInPlace(
  { clusterId, source, pipeline, environment }: GovernedSource,
  revision: string,
): PinRequest {
  const reason = `pipeline ${pipeline} says when environment ${environment} moves; kept where it was`;
  return { clusterId, source, revision, reason, requestedBy: 'hub', rolloutId: null };
}

function keyOf({ clusterId, source }: { clusterId: string; source: SourceKey }): string {
  return [clusterId, source.kind, source.namespace, source.name].join('|');
}

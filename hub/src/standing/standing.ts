import type { FreezeScope } from '@flotilla/common/fleet-api/freeze';
import type { EntityManager } from 'typeorm';

/** A source object, the same in every cluster. */
export interface SourceKey {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** One source object of one cluster. */
export interface PinTarget {
  readonly clusterId: string;
  readonly source: SourceKey;
}

/** Asks that a source of a cluster stays at one revision. */
export interface PinRequest extends PinTarget {
  readonly revision: string;
  /** For people, e.g. "rollout 0199… of release web-12, wave canary". */
  readonly reason: string;
  readonly requestedBy: string;
  readonly rolloutId: string | null;
  /** The freezes that two people let this promotion pass, the pin passes, too, whenever they allow it. */
  readonly promotionId?: string | null;
}

/** A pin in force. */
export interface PinRecord extends PinTarget {
  readonly id: string;
  readonly revision: string;
  readonly reason: string;
  readonly requestedBy: string;
  readonly rolloutId: string | null;
  readonly promotionId: string | null;
  /** Ids of the freezes that it may pass, and when the last of them was allowed. */
  readonly mayPass: readonly string[];
  readonly allowedAt: Date | null;
  readonly createdAt: Date;
}

/** Pins that change together. */
export interface PinChange {
  readonly pin?: readonly PinRequest[];
  /** As `pin`, but a source that has a pin keeps it. */
  readonly pinUnpinned?: readonly PinRequest[];
  /** Is done first. What is not pinned is left as it is. */
  readonly unpin?: readonly PinTarget[];
}

/** Revision of an address that must not be taken again. */
export interface VetoTarget {
  /** As sources name it; credentials in it are dropped. */
  readonly url: string;
  /** Only what is behind the last ":" or "@" counts, i.e. the commit or digest. */
  readonly revision: string;
}

export interface VetoRequest extends VetoTarget {
  readonly reason: string;
  readonly by: string;
  readonly rolloutId: string | null;
  /** Of the request that asked for it, where a person did. */
  readonly requestId?: string;
}

/** A veto in force. */
export interface VetoRecord extends VetoTarget {
  readonly id: string;
  readonly reason: string;
  readonly requestedBy: string;
  readonly rolloutId: string | null;
  readonly createdAt: Date;
}

/** What freezes are looked up by. What is left out does not narrow: no `clusterIds` and no `environment` means the fleet. */
export interface FreezeQuery {
  /** Freezes of this environment, of the organisation, and of any of its clusters. */
  readonly environment?: string;
  /** Freezes that hold at least one of these clusters, whatever they are scoped by. */
  readonly clusterIds?: readonly string[];
  /** Leaves out freezes of other sources. */
  readonly sources?: readonly SourceKey[];
}

/** A freeze that stands at the time in question. */
export interface ActiveFreeze {
  readonly id: string;
  readonly name: string;
  readonly scope: FreezeScope;
  readonly reason: string;
  readonly until: Date;
}

/** What a cluster has made of its standing intents. */
export interface StandingProgress {
  readonly clusterId: string;
  /** Of the set that it should keep; 0 before there was one. */
  readonly version: bigint;
  /** The last version that every shard of its agent keeps. */
  readonly acknowledged: bigint;
  /** Why an agent did not take over the version that it answered last; empty when it did. */
  readonly refusal: string;
}

/**
 * What the hub asks of clusters until it says otherwise: pins, freezes, vetoes. Every method works in the caller's
 * transaction; when that commits, agents that are connected get the new set, the others when they come back.
 *
 * A change of pins locks the sets of all its clusters at once, in the order of their ids: make one change in a
 * transaction, so that two transactions cannot wait for each other. Nothing here takes a lock for freezes and vetoes.
 */
export abstract class StandingIntents {
  /** A pin replaces the pin of the same source; one with the same content changes nothing. Clusters that are gone are skipped. */
  abstract change(manager: EntityManager, change: PinChange, now: Date): Promise<void>;

  /** Pins in force, e.g. for a rollback to what was there before. */
  abstract pinsOf(manager: EntityManager, clusterIds: readonly string[]): Promise<readonly PinRecord[]>;

  /** Gives the id of the veto; one of the same address and revision that stands already is that one. */
  abstract veto(manager: EntityManager, veto: VetoRequest, now: Date): Promise<string>;

  /** Vetoes in force of any of these. */
  abstract vetoesOf(manager: EntityManager, items: readonly VetoTarget[]): Promise<readonly VetoRecord[]>;

  /** Freezes that stand at `now`. */
  abstract freezesOf(manager: EntityManager, query: FreezeQuery, now: Date): Promise<readonly ActiveFreeze[]>;

  /** How far the clusters have taken over what is asked of them. Clusters that never had a set are left out. */
  abstract progressOf(
    manager: EntityManager,
    clusterIds: readonly string[],
  ): Promise<readonly StandingProgress[]>;
}

import type { EntityManager } from 'typeorm';
import type { SourceKey } from '../standing/standing.js';

/** One source at one revision. */
export interface ReleaseItem {
  readonly source: SourceKey;
  /** spec.url (or bucket endpoint) of the source as agents or the watch know it; "" when nobody has told. */
  readonly url: string;
  /** As sources write it, e.g. `main@sha1:<40 hex>`. */
  readonly revision: string;
  /** Of the artifact; null where nobody has fetched it yet. */
  readonly digest: string | null;
  /** Who made what is new in it since the release before: `Name <email>`, each once. */
  readonly authors: readonly string[];
  /** Nobody has told yet; then nobody can say who may not approve it. */
  readonly authorUnknown?: true;
}

/** Who made what a range of releases brings, each with the number of the first release that he had a part in. */
export interface Contributions {
  /** `Name <email>`, or an address alone. */
  readonly authors: readonly Contribution[];
  /** Names of the API tokens that made releases by hand. */
  readonly makers: readonly Contribution[];
  /** The first item whose author nobody has told, e.g. "web-3 (GitRepository/flux-system/apps)". */
  readonly unknown: Contribution | null;
}

export interface Contribution {
  readonly text: string;
  readonly number: number;
}

/** An immutable set of items; the same items of one pipeline are the same release. */
export interface ReleaseRecord {
  /** uuidv7: sorts by time. */
  readonly id: string;
  readonly pipeline: string;
  /** `<pipeline>-<number>`, numbered from 1 without gaps. */
  readonly name: string;
  readonly number: number;
  /** In the order of the pipeline's sources. */
  readonly items: readonly ReleaseItem[];
  /** Name of an API token, or `hub`. */
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** What the other features ask about releases. `ReleasesModule` (`@Global`) provides it. */
export abstract class Releases {
  /** By id or by name. */
  abstract get(manager: EntityManager, idOrName: string): Promise<ReleaseRecord | null>;

  /** Those of the ids that exist, by id. */
  abstract byIds(manager: EntityManager, ids: readonly string[]): Promise<readonly ReleaseRecord[]>;

  /** The newest release of a pipeline. */
  abstract latest(manager: EntityManager, pipeline: string): Promise<ReleaseRecord | null>;

  /** What the releases of a pipeline after one number, up to another, hold that is new. */
  abstract contributions(
    manager: EntityManager,
    pipeline: string,
    range: { readonly after: number; readonly upTo: number },
    now: Date,
  ): Promise<Contributions>;
}

/**
 * Is called in the transaction that makes a release, once for each. The promotions module provides it (`@Global`,
 * exported); it is optional. A release with a vetoed item is announced like any other: whoever promotes asks for
 * vetoes anyway.
 */
export abstract class ReleaseListener {
  abstract released(manager: EntityManager, release: ReleaseRecord): Promise<void>;

  /** In the transaction that has learned who made something in releases of the pipeline. */
  abstract authorsLearned(manager: EntityManager, pipeline: string): Promise<void>;
}

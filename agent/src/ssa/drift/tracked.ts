import type { NamespacedName, ObjectRef, TypeRef } from '@flotilla/common/kube/object';
import type { Observation } from './judge.js';
import type { KindWatch } from './kind-watch.js';
import type { ObjectVersion, SeenTraits } from './object-version.js';
import type { WatchScope } from './watch-scope.js';

/** One object of one owner. */
export interface Tracked {
  owner: OwnerState;
  ref: ObjectRef;
  key: string;
  kind: KindState;
  seen: ObjectVersion;
  /** Digest of what was applied then. */
  desired: string | undefined;
  traits: SeenTraits;
  /** What was reported last, until an apply answers it. */
  reported?: Observation;
  reportedAt: number;
  /** Suspicions in a row that turned out to be nothing. */
  unfounded: number;
  cancelTimer?: (() => void) | undefined;
}

export interface OwnerState {
  name: NamespacedName;
  /** While it is applied, its own writes cannot be told from foreign ones. */
  held: boolean;
  tracked: Map<string, Tracked>;
}

/** A kind in one scope, and who has objects in it. */
export interface KindState {
  id: string;
  scope: WatchScope;
  watch: KindWatch;
  tracked: Map<string, Set<Tracked>>;
}

export function idOf(ref: ObjectRef): string {
  return `${idOfType(ref)} ${ref.namespace ?? ''}/${ref.name}`;
}

export function idOfType({ apiVersion, kind }: TypeRef): string {
  return `${apiVersion}/${kind}`;
}

export function isSame(a: Observation | undefined, b: Observation | undefined): boolean {
  return a?.gone === b?.gone && a?.version.resourceVersion === b?.version.resourceVersion;
}

import type { StandingIntents } from '@flotilla/proto/flotilla/v1/standing';
import type { ObjectRef } from '@flotilla/proto/flotilla/v1/state';

/** Names a source object; its API version does not count. */
export interface SourceName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** A source stays at one revision. */
export interface StandingPin {
  readonly id: string;
  readonly source: SourceName;
  /** As in the artifact of the source, e.g. `main@sha1:<commit>`. */
  readonly revision: string;
  readonly reason: string;
  readonly requestedBy: string;
  readonly createdAt?: Date | undefined;
  /** Two people have allowed it to move although a freeze stands. */
  readonly breakGlass: boolean;
}

/** No source, or the one that is named, moves to another revision. */
export interface StandingFreeze {
  readonly id: string;
  readonly source?: SourceName | undefined;
  readonly reason: string;
  readonly requestedBy: string;
  /** Absent: at once. */
  readonly startsAt?: Date | undefined;
  /** Absent: until it is lifted. */
  readonly expiresAt?: Date | undefined;
}

/** A revision that no source with this address takes again. */
export interface StandingVeto {
  readonly id: string;
  /** Without credentials. */
  readonly url: string;
  readonly revision: string;
  readonly reason: string;
}

/** All that the hub asks of a cluster until it says otherwise. */
export interface StandingSet {
  /** The identity that the set was given to: versions of another one do not compare. */
  readonly cluster: string;
  readonly version: bigint;
  readonly pins: readonly StandingPin[];
  readonly freezes: readonly StandingFreeze[];
  readonly vetoes: readonly StandingVeto[];
}

/** What is there when nothing is. */
export const emptySet: StandingSet = { cluster: '', version: 0n, pins: [], freezes: [], vetoes: [] };

/** The set of a message, and why parts of it could not be used. */
export interface ReadIntents {
  readonly set: StandingSet;
  readonly problems: readonly string[];
}

/** Reads what the hub has sent to the cluster with this identity. A part that makes no sense takes nothing else along. */
export function readIntents(intents: StandingIntents, cluster: string): ReadIntents {
  const problems: string[] = [];
  const pins = intents.pins.flatMap((pin): StandingPin[] => {
    const source = sourceName(pin.source);
    const { id, revision, reason, requestedBy, createdAt, breakGlass } = pin;
    if (source && revision) return [{ id, source, revision, reason, requestedBy, createdAt, breakGlass }];
    problems.push(`pin '${id}' names no ${source ? 'revision' : 'source'}`);
    return [];
  });
  const freezes = intents.freezes.flatMap((freeze): StandingFreeze[] => {
    const source = sourceName(freeze.source);
    // A freeze of a source that nobody can name must not become one of everything, nor vanish unnoticed.
    if (freeze.source && !source) {
      problems.push(`freeze '${freeze.id}' names no source`);
      return [];
    }
    const { id, reason, requestedBy, startsAt, expiresAt } = freeze;
    return [{ id, source, reason, requestedBy, startsAt, expiresAt }];
  });
  const vetoes = intents.vetoes.map(({ id, url, revision, reason }) => ({ id, url, revision, reason }));
  return { set: { cluster, version: intents.version, pins, freezes, vetoes }, problems };
}

function sourceName(ref: ObjectRef | undefined): SourceName | undefined {
  return ref?.kind && ref.name ? { kind: ref.kind, namespace: ref.namespace, name: ref.name } : undefined;
}

/** True for the same object. */
export function isSameSource(a: SourceName, b: SourceName): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}

import type { FreezeScope } from '@flotilla/common/fleet-api/freeze';
import { StandingIntents } from '@flotilla/proto/flotilla/v1/standing';
import type { PinRecord, VetoRecord } from '../standing.js';

/** A freeze that has not ended. */
export interface FreezeRecord {
  readonly id: string;
  readonly name: string;
  readonly scope: FreezeScope;
  readonly reason: string;
  readonly requestedBy: string;
  readonly from: Date;
  readonly until: Date;
}

/** All that is asked of one cluster. */
export interface StandingParts {
  readonly pins: readonly PinRecord[];
  readonly freezes: readonly FreezeRecord[];
  readonly vetoes: readonly VetoRecord[];
}

/**
 * What is asked of a cluster as it goes over the wire, without the version; empty when nothing is. The same parts
 * give the same bytes, in whatever order they come, so that contents can be compared.
 */
export function standingContent({ pins, freezes, vetoes }: StandingParts): Uint8Array {
  const message: StandingIntents = {
    version: 0n,
    pins: sorted(pins, ({ id }) => id).map((pin) => ({
      id: pin.id,
      source: { apiVersion: '', ...pin.source },
      revision: pin.revision,
      reason: pin.reason,
      requestedBy: pin.requestedBy,
      createdAt: pin.createdAt,
      breakGlass: pin.breakGlass,
    })),
    // People know a freeze by its name.
    freezes: sorted(freezes, ({ name }) => name).map((freeze) => ({
      id: freeze.name,
      source: freeze.scope.source && { apiVersion: '', ...freeze.scope.source },
      reason: freeze.reason,
      requestedBy: freeze.requestedBy,
      startsAt: freeze.from,
      expiresAt: freeze.until,
    })),
    vetoes: sorted(vetoes, ({ id }) => id).map(({ id, url, revision, reason }) => ({
      id,
      url,
      revision,
      reason,
    })),
  };
  return StandingIntents.encode(message).finish();
}

/** The message that is sent. */
export function standingMessage(version: bigint, content: Uint8Array): StandingIntents {
  return { ...StandingIntents.decode(content), version };
}

/**
 * The version of a set that has changed. Versions are times where those rise: a hub that was restored from a backup
 * then never gives a number a second time that it had given to another set.
 */
export function nextVersion(last: bigint, now: Date): bigint {
  const time = BigInt(now.getTime());
  return time > last ? time : last + 1n;
}

export function sameContent(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

function sorted<Item>(items: readonly Item[], key: (item: Item) => string): readonly Item[] {
  return [...items].sort((left, right) => (key(left) < key(right) ? -1 : 1));
}

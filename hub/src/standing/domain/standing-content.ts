import { createHash } from 'node:crypto';
import type { FreezeScope } from '@flotilla/common/fleet-api/freeze';
import { StandingIntents } from '@flotilla/proto/flotilla/v1/standing';
import type { PinRecord, VetoRecord } from '../standing.js';
import { holdsSource } from './freeze-scope.js';

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

/** What is asked of one cluster, besides the vetoes, which all have in common. */
export interface StandingParts {
  readonly pins: readonly PinRecord[];
  readonly freezes: readonly FreezeRecord[];
  /** Which freezes stand is a question of time. */
  readonly now: Date;
}

/** A part of a set as it goes over the wire, and what it is compared by; both empty when nothing is asked. */
export interface StandingContent {
  readonly digest: Uint8Array;
  /** Parts whose bytes in a row are the message. */
  readonly parts: readonly Uint8Array[];
}

/** The vetoes of the whole fleet, encoded once for all clusters. */
export function vetoContent(vetoes: readonly VetoRecord[]): StandingContent {
  const bytes = encode({
    vetoes: sorted(vetoes, ({ id }) => id).map(({ id, url, revision, reason }) => ({
      id,
      url,
      revision,
      reason,
    })),
  });
  return { digest: digestOf(bytes), parts: [bytes] };
}

/**
 * What is asked of a cluster. The same parts have the same digest, in whatever order they come, so that sets can be
 * compared.
 */
export function standingContent(
  { pins, freezes, now }: StandingParts,
  vetoes: StandingContent,
): StandingContent {
  const own = encode({
    pins: sorted(pins, ({ id }) => id).map((pin) => ({
      id: pin.id,
      source: { apiVersion: '', ...pin.source },
      revision: pin.revision,
      reason: pin.reason,
      requestedBy: pin.requestedBy,
      ...passage(pin, freezes, now),
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
  });
  return { digest: digestOf(own, vetoes.digest), parts: [own, ...vetoes.parts] };
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

export function sameDigest(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/**
 * A pin passes the freezes that stand when two people have allowed it to pass each of them. The agent holds it all the
 * same for one that begins after `createdAt`, also with the hub away.
 */
function passage(
  { mayPass, allowedAt, createdAt, source }: PinRecord,
  freezes: readonly FreezeRecord[],
  now: Date,
): { readonly breakGlass: boolean; readonly createdAt: Date } {
  const standing = freezes.filter(({ from, scope }) => from <= now && holdsSource(scope, [source]));
  const breakGlass = standing.length > 0 && standing.every(({ id }) => mayPass.includes(id));
  const allowed = breakGlass && allowedAt !== null && allowedAt > createdAt;
  return { breakGlass, createdAt: allowed ? allowedAt : createdAt };
}

/** Encoded messages in a row are one message: repeated fields add up. */
function encode(part: Partial<StandingIntents>): Uint8Array {
  return StandingIntents.encode({ version: 0n, pins: [], freezes: [], vetoes: [], ...part }).finish();
}

/** Of the texts before it, each with its length; empty when all are. */
function digestOf(...texts: readonly Uint8Array[]): Uint8Array {
  if (texts.every(({ length }) => length === 0)) return new Uint8Array();
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest();
}

function sorted<Item>(items: readonly Item[], key: (item: Item) => string): readonly Item[] {
  return [...items].sort((left, right) => (key(left) < key(right) ? -1 : 1));
}

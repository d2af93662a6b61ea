import type { Record as WireRecord } from '@flotilla/proto/flotilla/v1/state';
import { newId } from '../platform/ids.js';
import type { Hole, NumberedRecord } from './domain/plan-records.js';
import { text, validDate } from './object-row.js';
import type { RecordRow } from './record.store.js';

/** Whose records they are. */
export interface RecordOrigin {
  readonly clusterId: string;
  readonly spoolId: string;
  readonly now: Date;
}

const longestMessage = 16 * 1024;

/** A record with what the plan has to know of it. */
export function numbered(record: WireRecord): NumberedRecord & { readonly record: WireRecord } {
  const gap = record.body?.$case === 'gap' ? record.body.value : undefined;
  return {
    sequence: record.sequence,
    record,
    ...(gap && { gap: { first: gap.firstSequence, last: gap.lastSequence } }),
  };
}

/** A record of an agent as a row; a body that this hub does not know is kept as such. */
export function recordRow(record: WireRecord, origin: RecordOrigin): RecordRow {
  const recordedAt = validDate(record.time) ?? origin.now;
  if (record.body?.$case === 'gap') {
    const { firstSequence: first, lastSequence: last } = record.body.value;
    return {
      ...gapRow({ first, last }, origin, 'the spool of the agent was full'),
      sequence: record.sequence,
      recordedAt,
    };
  }
  const base = {
    id: newId(),
    clusterId: origin.clusterId,
    spoolId: origin.spoolId,
    sequence: record.sequence,
  };
  const times = { recordedAt, storedAt: origin.now };
  if (record.body === undefined) {
    const message = 'the agent is newer than the hub and recorded something that the hub does not know';
    return {
      ...base,
      ...times,
      severity: 'info',
      reason: 'UnknownRecord',
      message,
      object: null,
      metadata: {},
    };
  }
  const event = record.body.value;
  return {
    ...base,
    ...times,
    severity: event.severity === 'error' ? 'error' : 'info',
    reason: text(event.reason),
    message: text(event.message).slice(0, longestMessage),
    object: event.object ? plainObject(event.object) : null,
    metadata: Object.fromEntries(
      Object.entries(event.metadata).map(([key, value]) => [text(key), text(value)]),
    ),
  };
}

/** Numbers that never came are said to be lost, never passed over. */
export function gapRow({ first, last }: Hole, origin: RecordOrigin, why: string): RecordRow {
  const count = last - first + 1n;
  return {
    id: newId(),
    clusterId: origin.clusterId,
    spoolId: origin.spoolId,
    sequence: last,
    recordedAt: origin.now,
    storedAt: origin.now,
    severity: 'error',
    reason: 'RecordsLost',
    message: `${count} ${count === 1n ? 'record was' : 'records were'} lost (${first} to ${last}): ${why}`,
    object: null,
    metadata: { firstSequence: String(first), lastSequence: String(last) },
  };
}

function plainObject({
  apiVersion,
  kind,
  namespace,
  name,
}: Exclude<RecordRow['object'], null>): RecordRow['object'] {
  const [a, k, ns, n] = [apiVersion, kind, namespace, name].map((part) => text(part).slice(0, 512));
  return { apiVersion: a!, kind: k!, namespace: ns!, name: n! };
}

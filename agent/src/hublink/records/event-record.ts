import { groupOf } from '@flotilla/common/kube/object';
import type { EventNotice, EventSink } from '../../runtime/event-recorder.js';
import type { RecordBody, RecordLog } from './record-log.js';

/** An event as the hub keeps it: metadata keys without the API group. Traces stay in the cluster (flux-compat 1.5). */
export function eventRecord(notice: EventNotice): RecordBody | undefined {
  if (notice.severity === 'trace') return undefined;
  const { apiVersion, kind, namespace, name } = notice.involvedObject;
  const prefix = `${groupOf(apiVersion)}/`;
  const metadata = Object.fromEntries(
    Object.entries(notice.metadata).map(([key, value]) => [
      key.startsWith(prefix) ? key.slice(prefix.length) : key,
      value,
    ]),
  );
  return {
    time: new Date(notice.timestamp),
    body: {
      $case: 'event',
      value: {
        object: { apiVersion, kind, namespace, name },
        severity: notice.severity,
        reason: notice.reason,
        message: notice.message,
        metadata,
      },
    },
  };
}

/** Puts every event on its way to the hub. */
export function recordSink(records: RecordLog): EventSink {
  return {
    send(notice) {
      const record = eventRecord(notice);
      if (record) records.append(record);
    },
  };
}

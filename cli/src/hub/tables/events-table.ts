import { formatRef } from '@flotilla/common/kube/object';
import { shortenRevision } from '@flotilla/common/revision/revision';
import { ago } from '../../output/age.js';
import type { Cell, Table } from '../../output/table.js';
import type { FleetEvent } from '../schema.js';

export const eventColumns = ['LAST SEEN', 'CLUSTER', 'SEVERITY', 'REASON', 'OBJECT', 'MESSAGE'];

/** Events in the order given. A gap has no object: records of the cluster were lost there. */
export function eventsTable(events: readonly FleetEvent[], now: Date): Table {
  return { columns: eventColumns, rows: events.map((event) => eventCells(event, ago(event.time, now))) };
}

export function eventCells(event: FleetEvent, seen: string): Cell[] {
  const { severity, object } = event;
  return [
    seen,
    event.cluster,
    { text: severity, tone: severity === 'info' ? 'plain' : 'bad' },
    event.reason,
    object ? formatRef(object) : '-',
    shortenRevision(event.message),
  ];
}

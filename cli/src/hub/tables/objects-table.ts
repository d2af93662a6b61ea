import { shortenRevision } from '@flotilla/common/revision/revision';
import { ago } from '../../output/age.js';
import type { Cell, Table } from '../../output/table.js';
import type { FleetObject } from '../schema.js';
import { freshnessCell, healthCell, readyCell, syncCell } from './axis-cells.js';

/** Objects of the fleet with their axes and when they were observed. */
export function objectsTable(objects: readonly FleetObject[], now: Date, wide: boolean): Table {
  return { columns: objectColumns(wide), rows: objects.map((object) => objectCells(object, now, wide)) };
}

export function objectColumns(wide: boolean): string[] {
  return [
    'CLUSTER',
    'NAMESPACE',
    'KIND',
    'NAME',
    'READY',
    'SYNC',
    'HEALTH',
    'FRESHNESS',
    'REVISION',
    'OBSERVED',
    ...(wide ? ['SUSPENDED', 'REASON'] : []),
    'MESSAGE',
  ];
}

export function objectCells(object: FleetObject, now: Date, wide: boolean): Cell[] {
  return [
    object.cluster,
    object.namespace,
    object.kind,
    object.name,
    readyCell(object.ready, object),
    syncCell(object),
    healthCell(object),
    freshnessCell(object.freshness),
    shortenRevision(object.revision || '-'),
    ago(object.observedAt, now),
    ...(wide ? [object.suspended ? 'True' : 'False', object.reason] : []),
    shortenRevision(object.message),
  ];
}

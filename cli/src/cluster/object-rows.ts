import { conditionOf, fieldAt, textAt } from '@flotilla/common/kstatus/fields';
import type { KubeObject } from '@flotilla/common/kube/object';
import { formatRef } from '@flotilla/common/kube/object';
import { shortenRevision } from '@flotilla/common/revision/revision';
import type { LiveRow } from '../output/live-table.js';
import type { Cell, Table } from '../output/table.js';
import type { FluxKind } from './kinds.js';

export interface RowOptions {
  /** NAMESPACE is the first column (-A). */
  readonly namespaces: boolean;
  /** Kustomizations have the column SOURCE. */
  readonly showSource: boolean;
  /** The column SOURCE is there for every kind, because kinds share a table. */
  readonly sourceColumn?: boolean;
  /** Names carry their kind, as in `get all`. */
  readonly kindPrefix: boolean;
}

/** The columns of a kind (flux-compat 9.3). */
export function objectColumns(kind: FluxKind, { namespaces, showSource }: RowOptions): string[] {
  return [
    ...(namespaces ? ['NAMESPACE'] : []),
    'NAME',
    ...(showSource && kind.sourceOf ? ['SOURCE'] : []),
    'REVISION',
    'SUSPENDED',
    'READY',
    'MESSAGE',
  ];
}

/** The table of objects of one kind (flux-compat 9.3). */
export function objectTable(kind: FluxKind, objects: readonly KubeObject[], options: RowOptions): Table {
  return {
    columns: objectColumns(kind, options),
    rows: objects.map((object) => objectCells(kind, object, options)),
  };
}

export function objectCells(kind: FluxKind, object: KubeObject, options: RowOptions): Cell[] {
  const { namespace = '', name } = object.metadata;
  const ready = conditionOf(object, 'Ready');
  const suspended = fieldAt(object, 'spec', 'suspend') === true;
  return [
    ...(options.namespaces ? [namespace] : []),
    options.kindPrefix ? `${kind.kind.toLowerCase()}/${name}` : name,
    ...((options.showSource && kind.sourceOf) || options.sourceColumn ? [sourceText(kind, object)] : []),
    shortenRevision(kind.revisionOf(object)),
    suspended ? { text: 'True', tone: 'warning' } : 'False',
    readyCell(ready?.status, suspended),
    shortenRevision(ready?.message ?? 'waiting to be reconciled'),
  ];
}

function readyCell(status: string | undefined, suspended: boolean): Cell {
  const text = status ?? 'False';
  // Nobody looks after a suspended object: what it said last is not what is.
  if (suspended) return { text, tone: 'faint' };
  return { text, tone: text === 'True' ? 'good' : text === 'False' ? 'bad' : 'warning' };
}

function sourceText(kind: FluxKind, object: KubeObject): string {
  const source = kind.sourceOf?.(object);
  if (!source) return '';
  return source.namespace === object.metadata.namespace
    ? formatRef({ kind: source.kind, name: source.name })
    : formatRef(source);
}

/** The row of a table that is watched. */
export function liveRow(kind: FluxKind, object: KubeObject, options: RowOptions): LiveRow {
  const cells = objectCells(kind, object, options);
  const key = formatRef({
    kind: kind.kind,
    namespace: textAt(object, 'metadata', 'namespace') ?? '',
    name: object.metadata.name,
  });
  return { key, cells, state: JSON.stringify(cells) };
}

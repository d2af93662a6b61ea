import { shortenRevision } from '@flotilla/common/revision/revision';
import { ago, formatAge } from '../../output/age.js';
import type { Cell, Table } from '../../output/table.js';
import type { Cluster } from '../schema.js';
import { freshnessCell, healthCell, readyCell, syncCell } from './axis-cells.js';
import { labelsText } from './labels-text.js';

const columns = [
  'NAME',
  'READY',
  'SYNC',
  'HEALTH',
  'FRESHNESS',
  'OBJECTS',
  'REVISION',
  'OBSERVED',
  'MESSAGE',
] as const;
const wideColumns = ['INTENT', 'CONNECTED', 'AGENT', 'KUBERNETES', 'CERTIFICATE', 'LABELS'] as const;

/** Clusters with their four axes and when they were observed. */
export function clustersTable(clusters: readonly Cluster[], now: Date, wide: boolean): Table {
  return {
    columns: clusterColumns(wide),
    rows: clusters.map((cluster) => clusterCells(cluster, now, wide)),
  };
}

export function clusterColumns(wide: boolean): string[] {
  const [message, ...others] = columns.toReversed();
  return wide ? [...others.toReversed(), ...wideColumns, message!] : [...columns];
}

export function clusterCells(cluster: Cluster, now: Date, wide: boolean): Cell[] {
  const { objects, revision, observedAt } = cluster;
  return [
    cluster.name,
    readyCell(cluster.ready, cluster),
    syncCell(cluster),
    healthCell(cluster),
    freshnessCell(cluster.freshness),
    `${objects.ready}/${objects.total}`,
    shortenRevision(revision ?? '-'),
    ago(observedAt, now),
    ...(wide ? wideCells(cluster, now) : []),
    shortenRevision(cluster.reason),
  ];
}

function wideCells(cluster: Cluster, now: Date): Cell[] {
  const { intent, connected, agentVersion, kubernetesVersion, certificateExpiresAt, labels } = cluster;
  const left = certificateExpiresAt ? Date.parse(certificateExpiresAt) - now.getTime() : undefined;
  return [
    intent,
    connected ? 'True' : 'False',
    agentVersion || '-',
    kubernetesVersion || '-',
    left === undefined ? '-' : left > 0 ? `${formatAge(left)} left` : { text: 'expired', tone: 'bad' },
    labelsText(labels),
  ];
}

import { formatRef } from '@flotilla/common/kube/object';
import { shortenRevision } from '@flotilla/common/revision/revision';
import { ago } from '../../output/age.js';
import type { Tone } from '../../output/paint.js';
import type { Cell, Table } from '../../output/table.js';
import type { Where } from '../schema.js';
import { freshnessCell } from './axis-cells.js';

type WhereCluster = Where['clusters'][number];

const tones: Readonly<Record<string, Tone>> = { Reached: 'good', Failed: 'bad', Partial: 'warning' };

/** How far a commit has come on each cluster. */
export function whereTable({ clusters }: Where, now: Date): Table {
  return {
    columns: ['CLUSTER', 'STATE', 'OBJECTS', 'REACHED', 'FRESHNESS', 'OBSERVED', 'MESSAGE'],
    rows: clusters.map((cluster) => whereCells(cluster, now)),
  };
}

export function whereCells(cluster: WhereCluster, now: Date): Cell[] {
  const { state, objects, reachedAt, freshness, observedAt } = cluster;
  return [
    cluster.cluster,
    { text: state, tone: freshness === 'Live' ? (tones[state] ?? 'plain') : 'faint' },
    `${objects.reached}/${objects.total}`,
    reachedAt ? ago(reachedAt, now) : '-',
    freshnessCell(freshness),
    ago(observedAt, now),
    obstacleText(cluster),
  ];
}

function obstacleText({ failed }: WhereCluster): string {
  const [first] = failed;
  if (!first) return '';
  const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
  return `${formatRef(first)}: ${shortenRevision(first.message)}${more}`;
}

/** `2 of 3 clusters: Reached; 1 Failed`, in words. */
export function whereSummary({ clusters, summary }: Where): string {
  const others = Object.entries(summary)
    .filter(([state, count]) => state !== 'Reached' && count > 0)
    .map(([state, count]) => `, ${count} ${state}`);
  return `${summary['Reached'] ?? 0} of ${clusters.length} clusters Reached${others.join('')}`;
}

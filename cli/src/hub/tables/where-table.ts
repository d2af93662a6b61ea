import { formatRef } from '@flotilla/common/kube/object';
import { shortenRevision } from '@flotilla/common/revision/revision';
import { ago, due } from '../../output/age.js';
import type { Tone } from '../../output/paint.js';
import type { Cell, Table } from '../../output/table.js';
import { isEnd } from '../promotion-states.js';
import type { Where } from '../schema.js';
import { freshnessCell } from './axis-cells.js';
import { stateCell } from './state-cells.js';

type WhereCluster = Where['clusters'][number];
type Place = NonNullable<WhereCluster['promotions']>[number];

const tones: Readonly<Record<string, Tone>> = { Reached: 'good', Failed: 'bad', Partial: 'warning' };

/** How far a commit has come on each cluster; with its way through the environments where it is part of a release. */
export function whereTable(where: Where, now: Date): Table {
  const places = hasPlaces(where);
  return {
    columns: whereColumns(places),
    rows: where.clusters.flatMap((cluster) => whereRows(cluster, places, now)),
  };
}

/** Whether the commit is part of a release on its way through environments. */
export function hasPlaces({ clusters }: Where): boolean {
  return clusters.some(({ promotions = [] }) => promotions.length > 0);
}

export function whereColumns(places: boolean): string[] {
  const of = places ? ['ENVIRONMENT', 'PROMOTION', 'WAVE', 'ROLLOUT', 'NEXT GATE'] : [];
  return ['CLUSTER', 'STATE', 'OBJECTS', 'REACHED', ...of, 'FRESHNESS', 'OBSERVED', 'MESSAGE'];
}

/** The rows of a cluster: one for each environment that the commit has to do with there. */
export function whereRows(cluster: WhereCluster, places: boolean, now: Date): Cell[][] {
  const { promotions = [] } = cluster;
  if (!places) return [whereCells(cluster, [], obstacleText(cluster), now)];
  if (promotions.length === 0)
    return [whereCells(cluster, ['-', '-', '-', '-', '-'], obstacleText(cluster), now)];
  return promotions.map((place) =>
    whereCells(cluster, placeCells(place, now), obstacleText(cluster) || placeText(place), now),
  );
}

function whereCells(cluster: WhereCluster, place: readonly Cell[], message: string, now: Date): Cell[] {
  const { state, objects, reachedAt, freshness, observedAt } = cluster;
  return [
    cluster.cluster,
    { text: state, tone: freshness === 'Live' ? (tones[state] ?? 'plain') : 'faint' },
    `${objects.reached}/${objects.total}`,
    reachedAt ? ago(reachedAt, now) : '-',
    ...place,
    freshnessCell(freshness),
    ago(observedAt, now),
    message,
  ];
}

/** Environment, what becomes of the promotion, wave, what the cluster does in its rollout, and when the next gate can open. */
function placeCells(place: Place, now: Date): Cell[] {
  const { environment, promotionState, wave, rolloutState, clusterState, waitingUntil } = place;
  const rollout = [rolloutState, clusterState].filter((word) => word !== null).join(': ');
  return [
    environment,
    stateCell(promotionState),
    wave ?? '-',
    rollout || '-',
    isEnd(promotionState) ? '-' : due(waitingUntil, now),
  ];
}

/** What holds the promotion, or, once the cluster has its part in the rollout, what that says. */
function placeText({ promotionState, waitingFor, clusterState, message }: Place): string {
  return isEnd(promotionState) || clusterState !== null ? message : waitingFor;
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

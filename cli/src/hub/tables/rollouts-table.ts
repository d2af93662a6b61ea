import { ago, formatAge } from '../../output/age.js';
import type { Cell, Table } from '../../output/table.js';
import type { Rollout, RolloutDetails } from '../promotion-schema.js';
import { countsText, sumOf } from './counts-text.js';
import { stateCell } from './state-cells.js';

export const rolloutColumns = [
  'ID',
  'RELEASE',
  'ENVIRONMENT',
  'STATE',
  'WAVE',
  'DONE',
  'STARTED',
  'TOOK',
  'MESSAGE',
];

/** `id` as it is to be shown. */
export function rolloutCells(rollout: Rollout, now: Date, id: string): Cell[] {
  const { release, environment, state, wave, clusters, startedAt, finishedAt, reason } = rollout;
  return [
    id,
    release,
    environment,
    stateCell(state),
    wave ?? '-',
    `${clusters['Done'] ?? 0}/${sumOf(clusters)}`,
    startedAt ? ago(startedAt, now) : '-',
    startedAt
      ? formatAge((finishedAt ? Date.parse(finishedAt) : now.getTime()) - Date.parse(startedAt))
      : '-',
    reason || countsText(clusters),
  ];
}

/** The waves of a rollout, in order. */
export function wavesTable({ waves }: Rollout, now: Date): Table {
  return {
    columns: ['WAVE', 'STATE', 'DONE', 'AT ONCE', 'SOAK', 'BEGAN', 'ENDED', 'CLUSTERS'],
    rows: waves.map(({ name, state, clusters, maxConcurrent, soakSeconds, beganAt, endedAt }) => [
      name,
      stateCell(state),
      `${clusters['Done'] ?? 0}/${sumOf(clusters)}`,
      String(maxConcurrent),
      soakSeconds === 0 ? '-' : formatAge(soakSeconds * 1000),
      beganAt ? ago(beganAt, now) : '-',
      endedAt ? ago(endedAt, now) : '-',
      countsText(clusters),
    ]),
  };
}

/** The clusters of a rollout, wave by wave. */
export function membersTable({ members }: RolloutDetails, now: Date): Table {
  return {
    columns: ['CLUSTER', 'WAVE', 'STATE', 'DOMAIN', 'TRIES', 'BEGAN', 'MESSAGE'],
    rows: members.map(({ cluster, wave, state, failureDomain, attempts, beganAt, message }) => [
      cluster,
      wave ?? '(catching up)',
      stateCell(state),
      failureDomain ?? '-',
      String(attempts),
      beganAt ? ago(beganAt, now) : '-',
      message,
    ]),
  };
}

import { ago, due } from '../../output/age.js';
import type { Cell } from '../../output/table.js';
import { isMoving } from '../promotion-states.js';
import type { Pipeline } from '../document-schema.js';

type Stage = Pipeline['environments'][number];

export const pipelineColumns = [
  'PIPELINE',
  'LATEST',
  'ENVIRONMENT',
  'AFTER',
  'RELEASE',
  'PROMOTED',
  'WAITING',
  'NEXT GATE',
  'UNTIL',
  'MESSAGE',
];

/** One row an environment, in order: what is there, and what waits to come. */
export function pipelineRows({ name, latestRelease, environments }: Pipeline, now: Date): Cell[][] {
  return environments.map(({ name: environment, after, release, promotedAt, ...coming }) => [
    name,
    latestRelease ?? '-',
    environment,
    after.join(',') || '-',
    { text: release ?? '-', tone: release !== null && release === latestRelease ? 'good' : 'plain' },
    promotedAt ? ago(promotedAt, now) : '-',
    ...comingCells(coming, now),
  ]);
}

/** What waits, and what for. */
function comingCells({ waiting, nextGate }: Pick<Stage, 'waiting' | 'nextGate'>, now: Date): Cell[] {
  const [first, ...others] = waiting;
  if (!first) return ['-', '-', '-', ''];
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  // While clusters move there is no gate in the way, only its rollout.
  const gate = isMoving(first.state) ? null : nextGate;
  return [
    `${first.release} ${first.state}${more}`,
    gate?.name ?? '-',
    due(gate?.until, now),
    nextGate?.message ?? '',
  ];
}

import { ago, due } from '../../output/age.js';
import type { Cell } from '../../output/table.js';
import type { Pipeline } from '../document-schema.js';

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
  return environments.map(({ name: environment, after, release, promotedAt, waiting, nextGate }) => {
    const [first, ...others] = waiting;
    const more = others.length > 0 ? ` and ${others.length} more` : '';
    return [
      name,
      latestRelease ?? '-',
      environment,
      after.join(',') || '-',
      { text: release ?? '-', tone: release !== null && release === latestRelease ? 'good' : 'plain' },
      promotedAt ? ago(promotedAt, now) : '-',
      first ? `${first.release} ${first.state}${more}` : '-',
      nextGate?.name ?? '-',
      due(nextGate?.until, now),
      nextGate?.message ?? '',
    ];
  });
}

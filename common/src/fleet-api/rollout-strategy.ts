import { z } from 'zod';
import { ClusterLabel, ClusterSelector, CountOrPercentage, DocumentName, DurationText } from './fields.js';

const Wave = z
  .strictObject({
    name: DocumentName.describe('Shown wherever the wave is.'),
    selector: ClusterSelector.optional().describe('Only clusters that match; those of earlier waves never.'),
    size: CountOrPercentage.optional().describe(
      'How many: a count, or a percentage of all clusters of the rollout. Default: all that are left.',
    ),
    maxConcurrent: CountOrPercentage.optional().describe(
      'Of the clusters of this wave; default that of the rollout.',
    ),
    soak: DurationText.optional().describe('How long the wave is watched once its clusters are done.'),
  })
  .refine(({ size }) => size === undefined || (size !== 0 && size !== '0%'), {
    path: ['size'],
    message: 'a wave of no clusters does nothing; leave it out, or give it a size of at least 1',
  });

/** What happens to clusters that change while a rollout runs. */
const Membership = z.strictObject({
  joined: z
    .enum(['last-wave', 'after', 'ignore'])
    .default('after')
    .describe(
      'A cluster that joins: in the last wave, after the rollout in a catch-up, or with the next promotion.',
    ),
  relabelled: z
    .enum(['keep', 'drop'])
    .default('keep')
    .describe('A cluster that does not match any more and has not begun.'),
  offlineAfter: DurationText.default('1m').describe('A cluster not heard of for this long is deferred.'),
  catchUp: z
    .strictObject({
      batch: CountOrPercentage.default('20%').describe('How many deferred clusters at a time catch up.'),
    })
    .prefault({}),
});

/** How a promotion spreads over the clusters of its environment. */
export const RolloutStrategy = z.strictObject({
  waves: z
    .array(Wave)
    .max(50)
    .default([])
    .describe('In order; clusters in none of them come last, as wave "rest".'),
  maxConcurrent: CountOrPercentage.default('100%').describe(
    'Clusters that move at the same time, at least 1.',
  ),
  failureDomain: ClusterLabel.optional().describe(
    'Key of a label: two clusters with the same value never move at the same time.',
  ),
  soak: DurationText.default('0s').describe(
    'How long a cluster has to stay healthy at the revision to be done.',
  ),
  progressDeadline: DurationText.default('10m').describe(
    'How long one cluster may take before it has failed.',
  ),
  failureBudget: CountOrPercentage.default(0).describe(
    'Failed clusters that the rollout bears; offline ones do not count.',
  ),
  onFailure: z
    .enum(['rollback', 'pause', 'abort'])
    .default('rollback')
    .describe(
      'When the budget is exceeded: touched clusters back to their own last good revision, wait, or stop.',
    ),
  veto: z
    .boolean()
    .default(true)
    .describe('A revision that exceeded the budget is vetoed until somebody lifts that.'),
  membership: Membership.prefault({}),
});
export type RolloutStrategy = z.output<typeof RolloutStrategy>;

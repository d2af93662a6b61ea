import { z } from 'zod';
import { anyOf, listOf, oneOrMore, pageQuery, time } from '../../paging/page.schema.js';
import { clusterStates, rolloutStates, waveStates } from '../domain/states.js';
import { rolloutCommands } from '../rollouts.js';

const counts = z
  .record(z.string(), z.int())
  .meta({ description: 'Number of clusters by state; states without one are left out.' });

const wave = z.object({
  name: z.string(),
  state: z.enum(waveStates),
  maxConcurrent: z.int(),
  soakSeconds: z.number(),
  beganAt: time.nullable(),
  endedAt: time.nullable(),
  clusters: counts,
});

const item = z.object({
  source: z.object({ kind: z.string(), namespace: z.string(), name: z.string() }),
  url: z.string(),
  revision: z.string(),
});

const fields = {
  id: z.string(),
  promotion: z.string().meta({ description: 'Id of the promotion that it carries out.' }),
  pipeline: z.string(),
  environment: z.string(),
  release: z.string(),
  kind: z.enum(['promotion', 'rollback']),
  delivery: z.enum(['pins', 'follow', 'git']),
  items: z.array(item),
  requestedBy: z.string(),
  breakGlass: z.boolean(),
  state: z.enum(rolloutStates).meta({
    description: 'The last four are ends; clusters that were away may still catch up then.',
  }),
  reason: z.string().meta({ description: 'Why it ended or stands still; empty while it goes on.' }),
  wave: z.string().nullable().meta({ description: 'Name of the wave that runs.' }),
  waves: z.array(wave),
  clusters: counts,
  commands: z.array(z.enum(rolloutCommands)).meta({ description: 'Commands that its state allows.' }),
  catchUpStopped: z.boolean().meta({ description: 'Too many failed while they caught up; resume goes on.' }),
  superseded: z.boolean().meta({ description: 'A later rollout has taken over.' }),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
};

const member = z.object({
  cluster: z.string(),
  wave: z.string().nullable().meta({ description: 'Null: it joined later and catches up.' }),
  state: z.enum(clusterStates),
  message: z.string(),
  failureDomain: z.string().nullable(),
  attempts: z.int(),
  catchingUp: z.boolean(),
  previous: z.array(z.string().nullable()).meta({
    description: 'Its own last good revisions when it was begun, one an item; null where none was known.',
  }),
  beganAt: time.nullable(),
  endedAt: time.nullable(),
});

export const rolloutSchema = z.object(fields).meta({ id: 'Rollout' });
export const rolloutListSchema = listOf(rolloutSchema, 'RolloutList');
export const rolloutDetailsSchema = z
  .object({ ...fields, members: z.array(member).meta({ description: 'Its clusters, by wave.' }) })
  .meta({ id: 'RolloutDetails' });

export const listRolloutsQuery = z.strictObject({
  ...pageQuery,
  pipeline: anyOf('Name of the pipeline.'),
  environment: anyOf('Name of the environment.'),
  state: oneOrMore(rolloutStates, 'State of the rollout.'),
});
export type ListRolloutsQuery = z.output<typeof listRolloutsQuery>;

export const rolloutCommandSchema = z
  .strictObject({ reason: z.string().max(1_000).default('').meta({ description: 'Kept in the audit log.' }) })
  .meta({ id: 'RolloutCommand', example: { reason: 'errors in the logs of canary-1' } });
export type RolloutCommandBody = z.output<typeof rolloutCommandSchema>;

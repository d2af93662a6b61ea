import { z } from 'zod';
import { anyOf, listOf, oneOrMore, pageQuery, time } from '../../paging/page.schema.js';
import { rolloutStates } from '@flotilla/common/fleet-api/rollout-state';
import { clusterStates, waveStates } from '../domain/states.js';
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
  released: z.string().optional().meta({
    description:
      'The revision of the release, where Git was written and revision is the commit that this made.',
  }),
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
  superseded: z.boolean().meta({ description: 'A later rollout has taken over, or its pipeline is gone.' }),
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

const example = {
  id: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
  promotion: '0199d0c4-7c00-7a31-8c11-5e6f0a1b2c3d',
  pipeline: 'web',
  environment: 'prod',
  release: 'web-12',
  kind: 'promotion',
  delivery: 'pins',
  items: [
    {
      source: { kind: 'GitRepository', namespace: 'flux-system', name: 'web' },
      url: 'https://git.example.com/org/web',
      revision: 'main@sha1:4f1c9b2e5d6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c',
    },
  ],
  requestedBy: 'ci',
  breakGlass: false,
  state: 'Running',
  reason: '',
  wave: 'canary',
  waves: [
    {
      name: 'canary',
      state: 'Running',
      maxConcurrent: 1,
      soakSeconds: 600,
      beganAt: '2026-01-01T12:00:00.000Z',
      endedAt: null,
      clusters: { Soaking: 1 },
    },
  ],
  clusters: { Soaking: 1 },
  commands: ['pause', 'abort', 'skip-wave', 'rollback'],
  catchUpStopped: false,
  superseded: false,
  createdAt: '2026-01-01T12:00:00.000Z',
  startedAt: '2026-01-01T12:00:00.000Z',
  finishedAt: null,
};

export const rolloutSchema = z.object(fields).meta({ id: 'Rollout', example });
export const rolloutListSchema = listOf(rolloutSchema, 'RolloutList');
export const rolloutDetailsSchema = z
  .object({ ...fields, members: z.array(member).meta({ description: 'Its clusters, by wave.' }) })
  .meta({
    id: 'RolloutDetails',
    example: {
      ...example,
      members: [
        {
          cluster: 'prod-1',
          wave: 'canary',
          state: 'Soaking',
          message: '',
          failureDomain: 'eu-1',
          attempts: 1,
          catchingUp: false,
          previous: ['main@sha1:1f1c9b2e5d6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c'],
          beganAt: '2026-01-01T12:00:00.000Z',
          endedAt: null,
        },
      ],
    },
  });

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

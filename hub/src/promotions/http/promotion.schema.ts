import { z } from 'zod';
import { anyOf, listOf, oneOrMore, pageQuery, time } from '../../paging/page.schema.js';
import { promotionPriorities } from '../domain/promotion.js';
import { promotionStates } from '@flotilla/common/fleet-api/promotion-state';

const stage = z.enum(['before', 'after']).meta({ description: 'Before or after the rollout.' });
const name = z.string().min(1).max(253);
const reason = z.string().trim().min(1).max(1_000);

const gateSchema = z
  .object({
    stage,
    name: z.string(),
    type: z.string(),
    phase: z.enum(['pass', 'wait', 'fail']),
    message: z.string().meta({ description: 'For what it waits, or why it passed or failed.' }),
    until: time.nullable().meta({ description: 'When what it waits for happens, where that is known.' }),
  })
  .meta({
    id: 'PromotionGate',
    example: {
      stage: 'before',
      name: 'soak',
      type: 'soak',
      phase: 'wait',
      message: 'staging has it since 2026-01-01T12:00:00.000Z; soaks for 1h',
      until: '2026-01-01T13:00:00.000Z',
    },
  });

const approvalSchema = z
  .object({ stage, by: z.string(), groups: z.array(z.string()), comment: z.string(), at: time })
  .meta({
    id: 'PromotionApproval',
    example: { stage: 'before', by: 'ada', groups: [], comment: '', at: '2026-01-01T12:00:00.000Z' },
  });

const rolloutSchema = z.object({
  id: z.string(),
  state: z.string(),
  reason: z.string(),
  wave: z.string().nullable().meta({ description: 'The one that runs.' }),
  waveNumber: z.int().nullable().meta({ description: 'Its position, from 1.' }),
  waves: z.int().meta({ description: 'How many there are.' }),
  clusters: z.record(z.string(), z.int()).meta({ description: 'Number of clusters by state.' }),
  frozen: z.string().nullable().meta({ description: 'The freeze that holds clusters of it, with its end.' }),
  startedAt: time,
  finishedAt: time.nullable(),
});

export const promotionSchema = z
  .object({
    id: z.string(),
    pipeline: z.string(),
    environment: z.string(),
    release: z.string(),
    releaseId: z.string(),
    state: z.enum(promotionStates).meta({ description: 'The last five are its ends.' }),
    reason: z.string().meta({ description: 'Why it ended; empty before.' }),
    priority: z.enum(promotionPriorities),
    origin: z.enum(['automatic', 'manual']),
    requestedBy: z.string(),
    waitingFor: z.string().meta({
      description: 'The gates that are shut; for its rollout, which one and how far that is.',
    }),
    waitingUntil: time
      .nullable()
      .meta({ description: 'The earliest time at which it can go on, as far as that is known.' }),
    gates: z.array(gateSchema),
    approvals: z.array(approvalSchema),
    delivery: z.object({ phase: z.string(), message: z.string() }).nullable(),
    rollout: rolloutSchema.nullable(),
    createdAt: time,
    startedAt: time.nullable(),
    rolledOutAt: time.nullable(),
    endedAt: time.nullable(),
  })
  .meta({
    id: 'Promotion',
    example: {
      id: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
      pipeline: 'web',
      environment: 'prod',
      release: 'web-12',
      releaseId: '0199d0c4-6a00-7f5e-9c54-0d3f0e5a1b2c',
      state: 'Gating',
      reason: '',
      priority: 'normal',
      origin: 'automatic',
      requestedBy: 'hub',
      waitingFor:
        'approval: 1 of 2 approvals (ada); window: opens at 2026-01-01T21:00:00.000Z (Europe/Berlin)',
      waitingUntil: '2026-01-01T21:00:00.000Z',
      gates: [
        {
          stage: 'before',
          name: 'approval',
          type: 'approval',
          phase: 'wait',
          message: '1 of 2 approvals (ada)',
          until: null,
        },
      ],
      approvals: [
        {
          stage: 'before',
          by: 'ada',
          groups: ['release-managers'],
          comment: '',
          at: '2026-01-01T12:00:00.000Z',
        },
      ],
      delivery: null,
      rollout: null,
      createdAt: '2026-01-01T11:00:00.000Z',
      startedAt: null,
      rolledOutAt: null,
      endedAt: null,
    },
  });

export const promotionListSchema = listOf(promotionSchema, 'PromotionList');

export const promotionRequestSchema = z
  .strictObject({
    pipeline: name,
    environment: name,
    release: name.meta({ description: 'Name or id.' }),
    priority: z
      .enum(promotionPriorities)
      .default('normal')
      .meta({ description: 'A hotfix goes before what waits, never through a gate or into a rollout.' }),
  })
  .meta({ id: 'PromotionRequest', example: { pipeline: 'web', environment: 'prod', release: 'web-12' } });

export const approvalRequestSchema = z
  .strictObject({
    comment: z.string().max(1_000).default(''),
    release: name
      .optional()
      .meta({ description: 'What you believe to approve; refused when the promotion is about another one.' }),
  })
  .meta({ id: 'ApprovalRequest', example: { comment: 'looked at staging' } });

export const promotionReasonSchema = z
  .strictObject({ reason })
  .meta({ id: 'PromotionReason', example: { reason: 'breaks the login' } });

export const listPromotionsQuery = z.strictObject({
  ...pageQuery,
  pipeline: anyOf('Name of the pipeline.'),
  environment: anyOf('Name of the environment.'),
  state: oneOrMore(promotionStates, 'State of the promotion.'),
  release: anyOf('Name or id of the release.'),
});

export type PromotionRequestBody = z.output<typeof promotionRequestSchema>;
export type ApprovalRequestBody = z.output<typeof approvalRequestSchema>;
export type PromotionReasonBody = z.output<typeof promotionReasonSchema>;
export type ListPromotionsQuery = z.output<typeof listPromotionsQuery>;

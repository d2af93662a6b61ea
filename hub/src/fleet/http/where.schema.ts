import { z } from 'zod';
import { time } from '../../paging/page.schema.js';
import { freshnessStates } from '../domain/freshness.js';
import { whereStates } from '../domain/where.js';
import { labelSelectorQuery } from './cluster.schema.js';

const obstacleSchema = z
  .object({
    kind: z.string(),
    namespace: z.string(),
    name: z.string(),
    reason: z.string(),
    message: z.string(),
  })
  .meta({ id: 'WhereObstacle' });

const placeSchema = z
  .object({
    pipeline: z.string(),
    environment: z.string(),
    release: z.string(),
    promotion: z.string(),
    promotionState: z.string(),
    waitingFor: z.string().meta({ description: 'What the promotion waits for; empty when for nothing.' }),
    waitingUntil: time.nullable(),
    rollout: z.string().nullable().meta({ description: 'Null: none has begun.' }),
    rolloutState: z.string().nullable(),
    wave: z.string().nullable(),
    clusterState: z.string().nullable().meta({ description: 'State of the cluster in the rollout.' }),
    message: z.string(),
  })
  .meta({ id: 'WherePlace' });

const whereClusterSchema = z
  .object({
    cluster: z.string(),
    state: z.enum(whereStates),
    freshness: z.enum(freshnessStates),
    observedAt: time.nullable(),
    objects: z
      .object({ reached: z.int().min(0), total: z.int().min(0) })
      .meta({ description: 'Kustomizations that build from the repository of the commit.' }),
    failed: z.array(obstacleSchema),
    reachedAt: time.nullable().meta({ description: 'When the last of them arrived.' }),
    promotions: z.array(placeSchema).meta({ description: 'Where it is in pipelines, by environment.' }),
  })
  .meta({ id: 'WhereCluster' });

const counts = Object.fromEntries(whereStates.map((state) => [state, z.int().min(0)])) as Record<
  (typeof whereStates)[number],
  z.ZodInt
>;

export const whereSchema = z
  .object({ commit: z.string(), clusters: z.array(whereClusterSchema), summary: z.object(counts) })
  .meta({
    id: 'Where',
    example: {
      commit: '4f1c9b2',
      clusters: [
        {
          cluster: 'prod',
          state: 'Reached',
          freshness: 'Live',
          observedAt: '2026-01-01T12:00:00.000Z',
          objects: { reached: 4, total: 4 },
          failed: [],
          reachedAt: '2026-01-01T11:58:00.000Z',
          promotions: [],
        },
      ],
      summary: { Reached: 1, Partial: 0, Failed: 0, Behind: 0, Unknown: 0 },
    },
  });

export const whereQuery = z.strictObject({ labelSelector: labelSelectorQuery });

export type WhereQuery = z.output<typeof whereQuery>;

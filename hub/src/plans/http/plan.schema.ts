import { z } from 'zod';
import { listOf, pageQuery, time } from '../../paging/page.schema.js';
import { planActions } from '../domain/plan-change.js';
import { planStates, questionStates } from '../domain/plan.js';
import { providers } from '../domain/pull-request.js';

const named = z.object({ namespace: z.string(), name: z.string() });
const clusters = z.array(z.string()).meta({ description: 'Names of the clusters that it applies to.' });

const field = z.object({
  path: z.string().meta({ description: 'JSON pointer.' }),
  before: z.unknown().optional().meta({ description: 'Absent: the field is not there yet.' }),
  after: z.unknown().optional().meta({ description: 'Absent: the field would go.' }),
});

const change = z.object({
  action: z.enum(planActions),
  object: z.object({
    apiVersion: z.string(),
    kind: z.string(),
    namespace: z.string().meta({ description: 'Empty for what is in no namespace.' }),
    name: z.string(),
  }),
  fields: z.array(field).meta({ description: 'Values of Secrets are digests.' }),
  omittedFields: z.int().min(0),
});

const remark = z.object({ clusters, kustomization: named, message: z.string() });

const summary = {
  id: z.string(),
  ref: z.string().meta({ description: 'Full name of the ref.' }),
  expectedCommit: z.string().nullable(),
  state: z
    .enum(planStates)
    .meta({ description: 'Failed: a cluster cannot say, or could not carry out, everything.' }),
  states: z.partialRecord(z.enum(questionStates), z.int()),
  pullRequest: z
    .object({ provider: z.enum(providers), repository: z.string(), number: z.int() })
    .nullable()
    .meta({ description: 'That asked for it by a webhook.' }),
  requestedBy: z.string(),
  createdAt: time,
  expiresAt: time.meta({ description: 'Clusters that have not answered by then are Unreachable.' }),
  finishedAt: time.nullable(),
};

const summaryExample = {
  id: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
  ref: 'refs/heads/feature',
  expectedCommit: null,
  state: 'Complete',
  states: { Complete: 2 },
  pullRequest: null,
  requestedBy: 'ci',
  createdAt: '2026-01-01T12:00:00.000Z',
  expiresAt: '2026-01-01T12:02:00.000Z',
  finishedAt: '2026-01-01T12:00:03.000Z',
};
const kustomization = { namespace: 'flux-system', name: 'apps' };

export const planSummarySchema = z.object(summary).meta({ id: 'PlanSummary', example: summaryExample });

export const planSchema = z
  .object({
    ...summary,
    clusters: z.array(
      z.object({
        cluster: z.string(),
        source: z.object({ kind: z.string(), namespace: z.string(), name: z.string() }),
        state: z.enum(questionStates),
        message: z.string(),
        commit: z.string().nullable(),
        updatedAt: time,
      }),
    ),
    groups: z
      .array(z.object({ clusters, kustomization: named, changes: z.array(change) }))
      .meta({ description: 'Each different change once, with the clusters that it applies to.' }),
    failures: z.array(remark).meta({ description: 'Kustomizations that cannot be built or applied.' }),
    notes: z.array(remark),
    totals: z.object({
      objects: z.int().meta({ description: 'Changes of objects, each cluster counted.' }),
      clusters: z.int().meta({ description: 'Clusters in which something would change.' }),
      actions: z.record(z.enum(planActions), z.int()),
      unchanged: z.int(),
      omitted: z.int().meta({ description: 'Changes that are not listed, because answers are bounded.' }),
    }),
  })
  .meta({
    id: 'Plan',
    example: {
      ...summaryExample,
      clusters: [
        {
          cluster: 'prod',
          source: { kind: 'GitRepository', namespace: 'flux-system', name: 'fleet' },
          state: 'Complete',
          message: '',
          commit: '4f1c9b2d5e6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c',
          updatedAt: '2026-01-01T12:00:03.000Z',
        },
      ],
      groups: [
        {
          clusters: ['prod'],
          kustomization,
          changes: [
            {
              action: 'Configure',
              object: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'apps', name: 'settings' },
              fields: [{ path: '/data/value', before: 'one', after: 'two' }],
              omittedFields: 0,
            },
          ],
        },
      ],
      failures: [],
      notes: [],
      totals: {
        objects: 1,
        clusters: 1,
        actions: { Create: 0, Configure: 1, Delete: 0, Recreate: 0 },
        unchanged: 40,
        omitted: 0,
      },
    },
  });

export const planListSchema = listOf(planSummarySchema, 'PlanList');

export const planRequestSchema = z
  .strictObject({
    ref: z.string().min(1).max(1_000).meta({ description: 'A branch, or the full name of a ref.' }),
    commit: z
      .string()
      .regex(/^[0-9a-f]{7,64}$/, 'expected a commit hash, or at least seven digits of it')
      .optional()
      .meta({ description: 'That the ref is expected at; elsewhere the plan fails.' }),
    source: z
      .string()
      .min(1)
      .max(600)
      .optional()
      .meta({ description: 'NAME, NAMESPACE/NAME or GitRepository/NAMESPACE/NAME; absent: the only one.' }),
    pipeline: z.string().min(1).max(253).optional().meta({ description: 'All Git sources of a pipeline.' }),
    clusters: z.array(z.string().min(1).max(253)).min(1).max(10_000).optional(),
    labelSelector: z.string().min(1).max(2_000).optional(),
    ttlSeconds: z.int().min(10).max(900).default(120).meta({ description: 'Time that clusters have.' }),
  })
  .refine(({ source, pipeline }) => source === undefined || pipeline === undefined, {
    path: ['source'],
    message: 'give either source or pipeline',
  })
  .refine(({ clusters: names, labelSelector }) => names === undefined || labelSelector === undefined, {
    path: ['clusters'],
    message: 'give either clusters or labelSelector',
  })
  .meta({ id: 'PlanRequest', example: { ref: 'feature', source: 'fleet', labelSelector: 'env=prod' } });

export const listPlansQuery = z.strictObject(pageQuery);

export const deliverySchema = z
  .object({
    plan: z.string().nullable().meta({ description: 'Id of the plan that was made.' }),
    message: z.string(),
  })
  .meta({
    id: 'HookDelivery',
    example: {
      plan: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
      message: 'the head of pull request 7 is being planned',
    },
  });

export type PlanRequestBody = z.output<typeof planRequestSchema>;
export type ListPlansQuery = z.output<typeof listPlansQuery>;

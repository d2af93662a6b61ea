import { z } from 'zod';
import { anyOf, flagQuery, listOf, oneOrMore, pageQuery, time } from '../../paging/page.schema.js';
import { healthStates, syncStates } from '../domain/axes.js';
import { gateStates } from '../domain/gate.js';
import { axesShape, freshnessQuery, labelSelectorQuery } from './cluster.schema.js';

const revision = 'main@sha1:4f1c9b2e7a6d5c4b3a291807f6e5d4c3b2a19080';
const example = {
  cluster: 'prod',
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  namespace: 'flux-system',
  name: 'apps',
  ready: true,
  reason: 'ReconciliationSucceeded',
  message: `Applied revision: ${revision}`,
  sync: 'Synced',
  health: 'Healthy',
  freshness: 'Live',
  intent: 'Following',
  gate: null,
  revision,
  revisionAuthor: null,
  attemptedRevision: revision,
  suspended: false,
  source: { kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' },
  url: null,
  ref: null,
  inventory: { entries: 12, digest: '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef' },
  generation: 3,
  observedGeneration: 3,
  lastHandledReconcileAt: null,
  changedAt: '2026-01-01T11:58:00.000Z',
  observedAt: '2026-01-01T12:00:00.000Z',
};

const objectRefShape = { kind: z.string(), namespace: z.string(), name: z.string() };

/** OpenAPI 3.0 knows no reference that may be null, so this one has no name in the document. */
export const nullableObjectRefSchema = z.object(objectRefShape).nullable();

export const objectRefSchema = z
  .object(objectRefShape)
  .meta({ id: 'ObjectRef', example: { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' } });

const conditionSchema = z
  .object({
    type: z.string(),
    status: z.enum(['True', 'False', 'Unknown']),
    reason: z.string(),
    message: z.string(),
    observedGeneration: z.int().optional(),
    lastTransitionTime: z.string(),
  })
  .meta({
    id: 'Condition',
    example: {
      type: 'Ready',
      status: 'True',
      reason: 'ReconciliationSucceeded',
      message: `Applied revision: ${revision}`,
      observedGeneration: 3,
      lastTransitionTime: '2026-01-01T11:58:00Z',
    },
  });

const gateSchema = z.object({
  state: z.enum(gateStates),
  mode: z.string().meta({ description: 'required, preferred or none.' }),
  newestRevision: z
    .string()
    .nullable()
    .meta({ description: 'Where the ref led to when it was looked at last.' }),
  pinnedRevision: z.string().nullable(),
  pinId: z.string().nullable(),
  message: z.string().meta({ description: 'Why, since whom, until when.' }),
});

const objectShape = {
  cluster: z.string(),
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  ready: z.boolean().meta({ description: 'Live, Synced and Healthy.' }),
  reason: z.string().meta({ description: 'Of the condition Ready.' }),
  message: z.string().meta({ description: 'Of the condition Ready.' }),
  ...axesShape,
  gate: gateSchema.nullable().meta({
    description: 'Sources only, where a pin, a freeze, a veto or the gate annotation has a part in it.',
  }),
  revision: z
    .string()
    .nullable()
    .meta({ description: 'Sources: of the artifact. Kustomization: applied last.' }),
  revisionAuthor: z.string().nullable().meta({ description: 'Sources only: who wrote the commit.' }),
  attemptedRevision: z.string().nullable(),
  suspended: z.boolean(),
  source: nullableObjectRefSchema,
  url: z.string().nullable().meta({ description: 'Sources only; without credentials.' }),
  ref: z.string().nullable().meta({ description: 'Sources only: what is followed, e.g. branch main.' }),
  inventory: z.object({ entries: z.int().min(0), digest: z.string() }).nullable(),
  generation: z.int(),
  observedGeneration: z.int().meta({ description: '-1 while no controller has finished with the object.' }),
  lastHandledReconcileAt: z.string().nullable(),
  changedAt: time.meta({ description: 'When the agent saw this state first.' }),
  observedAt: time.nullable().meta({ description: 'When the agent confirmed it last.' }),
};

export const objectSchema = z.object(objectShape).meta({ id: 'Object', example });
export const objectDetailsSchema = z
  .object({ ...objectShape, conditions: z.array(conditionSchema) })
  .meta({ id: 'ObjectDetails', example: { ...example, conditions: [] } });
export const objectListSchema = listOf(objectSchema, 'ObjectList');

export const listObjectsQuery = z.strictObject({
  ...pageQuery,
  cluster: anyOf('Name of the cluster.'),
  labelSelector: labelSelectorQuery,
  kind: anyOf('Kind of the object, e.g. Kustomization.'),
  namespace: anyOf('Namespace of the object.'),
  name: anyOf('Name of the object.'),
  sync: oneOrMore(syncStates, 'Sync of the object.'),
  health: oneOrMore(healthStates, 'Health of the object.'),
  freshness: freshnessQuery,
  ready: flagQuery('Only objects that are ready, or only those that are not.'),
  revision: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .meta({ description: 'A whole revision, or the first 7 digits of a commit or more.' }),
  q: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'A part of the cluster, namespace, name or message.' }),
});

export type ListObjectsQuery = z.output<typeof listObjectsQuery>;

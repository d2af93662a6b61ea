import { z } from 'zod';
import { objectRefSchema } from '../../fleet/http/object.schema.js';
import { anyOf, listOf, oneOrMore, pageQuery, time } from '../../paging/page.schema.js';
import { intentActions, intentStates } from '../domain/intent.js';

const object = { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' };

export const intentSchema = z
  .object({
    id: z.string(),
    cluster: z.string(),
    action: z.enum(intentActions),
    object: objectRefSchema,
    withSource: z.boolean(),
    state: z.enum(intentStates).meta({ description: 'The last four are final.' }),
    message: z.string(),
    requestedBy: z.string(),
    createdAt: time,
    updatedAt: time,
    expiresAt: time,
  })
  .meta({
    id: 'Intent',
    example: {
      id: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
      cluster: 'prod',
      action: 'reconcile',
      object,
      withSource: true,
      state: 'Succeeded',
      message: 'applied revision main@sha1:4f1c9b2',
      requestedBy: 'ci',
      createdAt: '2026-01-01T12:00:00.000Z',
      updatedAt: '2026-01-01T12:00:02.000Z',
      expiresAt: '2026-01-01T12:05:00.000Z',
    },
  });

export const intentListSchema = listOf(intentSchema, 'IntentList');

const nameOfObject = z.string().min(1).max(253);

export const intentRequestSchema = z
  .strictObject({
    action: z.enum(intentActions),
    clusters: z.array(z.string().min(1).max(253)).min(1).max(10_000).optional(),
    labelSelector: z.string().min(1).max(2_000).optional(),
    object: z.strictObject({ kind: nameOfObject, namespace: nameOfObject, name: nameOfObject }),
    withSource: z.boolean().default(false).meta({ description: 'Reconcile only: the source first.' }),
    ttlSeconds: z.int().min(10).max(86_400).default(300),
  })
  .refine(({ clusters, labelSelector }) => (clusters === undefined) !== (labelSelector === undefined), {
    path: ['clusters'],
    message: 'give either clusters or labelSelector',
  })
  .refine(({ action, withSource }) => action === 'reconcile' || !withSource, {
    path: ['withSource'],
    message: 'only a reconcile can include the source',
  })
  .meta({
    id: 'IntentRequest',
    example: { action: 'reconcile', clusters: ['prod'], object, withSource: true },
  });

export const listIntentsQuery = z.strictObject({
  ...pageQuery,
  cluster: anyOf('Name of the cluster.'),
  state: oneOrMore(intentStates, 'State of the intent.'),
});

export type IntentRequestBody = z.output<typeof intentRequestSchema>;
export type ListIntentsQuery = z.output<typeof listIntentsQuery>;

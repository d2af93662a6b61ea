import { labelKeyProblem, labelValueProblem } from '@flotilla/common/labels/label-syntax';
import { z } from 'zod';
import { flagQuery, listOf, oneOrMore, pageQuery, time } from '../../paging/page.schema.js';
import { healthStates, intentStates, syncStates } from '../domain/axes.js';
import { freshnessStates } from '../domain/freshness.js';

const example = {
  id: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
  name: 'prod',
  labels: { env: 'prod' },
  ready: true,
  reason: '',
  sync: 'Synced',
  health: 'Healthy',
  freshness: 'Live',
  intent: 'Following',
  gate: {
    version: 1_767_268_800_000,
    acknowledgedVersion: 1_767_268_800_000,
    refusal: null,
    pinned: 1,
    moving: 0,
    held: 0,
    frozen: 0,
    refused: 0,
  },
  revision: 'main@sha1:4f1c9b2e7a6d5c4b3a291807f6e5d4c3b2a19080',
  objects: { total: 5, ready: 5, failed: 0, suspended: 0 },
  agentVersion: '0.1.0',
  kubernetesVersion: 'v1.33.2',
  observedAt: '2026-01-01T12:00:00.000Z',
  enrolledAt: '2025-12-01T09:00:00.000Z',
  certificateExpiresAt: '2026-01-02T09:00:00.000Z',
  connected: true,
  revoked: false,
};

/** What it is made of is in the axes; unknown is never green. */
export const axesShape = {
  sync: z.enum(syncStates),
  health: z.enum(healthStates),
  freshness: z.enum(freshnessStates),
  intent: z.enum(intentStates),
};

const count = z.int().min(0);

const gateSchema = z.object({
  version: z.int().min(0).meta({
    description:
      'Of the pins, freezes and vetoes that the hub asks for; rises when they change. 0: none so far.',
  }),
  acknowledgedVersion: z.int().min(0).meta({ description: 'The version that the agent keeps.' }),
  refusal: z.string().nullable().meta({ description: 'Why the agent did not take them over.' }),
  pinned: count,
  moving: count,
  held: count,
  frozen: count,
  refused: count,
});

export const clusterSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    labels: z.record(z.string(), z.string()),
    ready: z
      .boolean()
      .meta({ description: 'Live, and every object Synced and Healthy, and at least one object.' }),
    reason: z.string().meta({ description: 'Why it is not ready, for people; empty when it is.' }),
    ...axesShape,
    gate: gateSchema.meta({ description: 'The counts are of its sources.' }),
    revision: z.string().nullable().meta({ description: 'Of the root Kustomization; null when unknown.' }),
    objects: z.object({
      total: z.int().min(0),
      ready: z.int().min(0).meta({ description: '0 unless the cluster is Live.' }),
      failed: z.int().min(0),
      suspended: z.int().min(0),
    }),
    agentVersion: z.string(),
    kubernetesVersion: z.string(),
    observedAt: time
      .nullable()
      .meta({ description: "The agent's last confirmation; null when it never reported." }),
    enrolledAt: time,
    certificateExpiresAt: time.nullable(),
    connected: z.boolean(),
    revoked: z.boolean(),
  })
  .meta({ id: 'Cluster', example });

export const clusterListSchema = listOf(clusterSchema, 'ClusterList');

export const labelSelectorQuery = z.string().max(2_000).optional().meta({
  description: 'Labels of clusters, in Kubernetes syntax.',
  example: 'env in (staging, prod),!canary',
});

export const freshnessQuery = oneOrMore(freshnessStates, 'Age of the last confirmation.');

export const listClustersQuery = z.strictObject({
  ...pageQuery,
  labelSelector: labelSelectorQuery,
  freshness: freshnessQuery,
  ready: flagQuery('Only clusters that are ready, or only those that are not.'),
  q: z.string().min(1).max(200).optional().meta({ description: 'A part of the name.' }),
});

export const labelKeySchema = z.string().check((context) => report(context, labelKeyProblem(context.value)));
export const labelValueSchema = z
  .string()
  .check((context) => report(context, labelValueProblem(context.value)));

function report(context: z.core.ParsePayload<string>, problem: string | undefined): void {
  if (problem === undefined) return;
  context.issues.push({ code: 'custom', message: problem, input: context.value });
}

export const patchClusterSchema = z
  .strictObject({
    labels: z
      .record(labelKeySchema, labelValueSchema.nullable())
      .refine((labels) => Object.keys(labels).length <= 100, 'at most 100 labels at a time')
      .meta({ description: 'These are set, null removes one, the others stay.' }),
  })
  .meta({ id: 'ClusterPatch', example: { labels: { env: 'prod', canary: null } } });

export const revokeClusterSchema = z
  .strictObject({ reason: z.string().min(1).max(500) })
  .meta({ id: 'ClusterRevocation', example: { reason: 'the laptop was stolen' } });

export type ListClustersQuery = z.output<typeof listClustersQuery>;
export type PatchClusterBody = z.output<typeof patchClusterSchema>;
export type RevokeClusterBody = z.output<typeof revokeClusterSchema>;

import { z } from 'zod';
import { listOf, pageQuery, time } from '../../paging/page.schema.js';
import { labelKeySchema, labelValueSchema } from './cluster.schema.js';

const example = {
  id: '3f9a1c5b7d2e',
  labels: { env: 'prod' },
  clusterName: 'prod',
  uses: 1,
  used: 0,
  createdBy: 'admin',
  createdAt: '2026-01-01T12:00:00.000Z',
  expiresAt: '2026-01-01T13:00:00.000Z',
};

export const joinTokenSchema = z
  .object({
    id: z.string(),
    labels: z.record(z.string(), z.string()),
    clusterName: z.string().nullable().meta({ description: 'Only this name may be enrolled; null: any.' }),
    uses: z.int().min(1),
    used: z.int().min(0),
    createdBy: z.string(),
    createdAt: time,
    expiresAt: time,
  })
  .meta({ id: 'JoinToken', example });

export const createdJoinTokenSchema = joinTokenSchema
  .extend({ token: z.string().meta({ description: 'The secret. It is shown this once.' }) })
  .meta({ id: 'CreatedJoinToken', example: { ...example, token: 'flj_3f9a1c5b7d2e_…_…' } });

export const joinTokenListSchema = listOf(joinTokenSchema, 'JoinTokenList');

export const joinTokenRequestSchema = z
  .strictObject({
    ttlSeconds: z.int().min(60).max(2_592_000).default(3_600),
    uses: z.int().min(1).max(10_000).default(1).meta({ description: 'How many clusters may enrol with it.' }),
    labels: z
      .record(labelKeySchema, labelValueSchema)
      .default({})
      .meta({ description: 'The clusters get these, and may not ask for others in their place.' }),
    clusterName: z
      .string()
      .regex(
        /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/,
        'expected an RFC 1123 label: lower case letters, digits and "-"',
      )
      .optional()
      .meta({ description: 'Only this name.' }),
  })
  .refine(({ uses, clusterName }) => clusterName === undefined || uses === 1, {
    path: ['uses'],
    message: 'a token for one cluster name has one use',
  })
  .meta({
    id: 'JoinTokenRequest',
    example: { ttlSeconds: 3_600, uses: 1, labels: { env: 'prod' }, clusterName: 'prod' },
  });

export const listJoinTokensQuery = z.strictObject(pageQuery);

export type JoinTokenRequestBody = z.output<typeof joinTokenRequestSchema>;
export type ListJoinTokensQuery = z.output<typeof listJoinTokensQuery>;

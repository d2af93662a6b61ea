import { z } from 'zod';
import { listOf, pageQuery, time } from '../../paging/page.schema.js';
import { roles } from '../domain/role.js';

const example = {
  id: 'k3v7q2mzt4xa',
  name: 'ci',
  role: 'operator',
  groups: ['release-managers'],
  emails: ['ada@example.com'],
  createdBy: 'admin',
  createdAt: '2026-01-01T12:00:00.000Z',
  expiresAt: null,
  lastUsedAt: '2026-01-02T08:30:00.000Z',
};

const groupName = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}$/;

export const apiTokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: z.enum(roles),
    groups: z.array(z.string()),
    emails: z.array(z.string()),
    createdBy: z.string(),
    createdAt: time,
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable().meta({ description: 'To the minute.' }),
  })
  .meta({ id: 'ApiToken', example });

export const createdApiTokenSchema = apiTokenSchema
  .extend({ token: z.string().meta({ description: 'The secret. It is shown this once.' }) })
  .meta({ id: 'CreatedApiToken', example: { ...example, lastUsedAt: null, token: 'flt_k3v7q2mzt4xa_…' } });

export const apiTokenListSchema = listOf(apiTokenSchema, 'ApiTokenList');

export const apiTokenRequestSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/, 'expected 1 to 63 letters, digits, ".", "_", "@" or "-"')
      .meta({ description: 'Who or what uses the token; stands in the audit trail.' }),
    role: z.enum(roles),
    ttlSeconds: z
      .int()
      .min(60)
      .max(315_360_000)
      .optional()
      .meta({ description: 'Without it the token does not expire.' }),
    groups: z
      .array(z.string().regex(groupName, 'expected 1 to 100 letters, digits, ".", "_", ":", "/", "@" or "-"'))
      .max(50)
      .default([])
      .meta({ description: 'Groups of the person, for quotas of approval gates.' }),
    emails: z.array(z.email().max(254).toLowerCase()).max(20).default([]).meta({
      description: 'Addresses that the person commits with: nobody approves what he or she has written.',
    }),
  })
  .meta({
    id: 'ApiTokenRequest',
    example: { name: 'ci', role: 'operator', ttlSeconds: 86_400, groups: [], emails: [] },
  });

export const listApiTokensQuery = z.strictObject(pageQuery);

export type ApiTokenRequestBody = z.output<typeof apiTokenRequestSchema>;
export type ListApiTokensQuery = z.output<typeof listApiTokensQuery>;

import { z } from 'zod';
import { anyOf, listOf, pageQuery, time, timeQuery } from '../../paging/page.schema.js';

export const auditRecordSchema = z
  .object({
    id: z.string(),
    time,
    actor: z.string().meta({ description: 'Name of the API token, join-token:<id>, or hub.' }),
    action: z.string(),
    target: z.string().meta({ description: 'What it was done to, as kind/name.' }),
    details: z.record(z.string(), z.unknown()),
    requestId: z.string().nullable(),
  })
  .meta({
    id: 'AuditRecord',
    example: {
      id: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
      time: '2026-01-01T12:00:00.000Z',
      actor: 'ci',
      action: 'intent.created',
      target: 'cluster/prod',
      details: { action: 'reconcile', object: 'Kustomization/flux-system/apps' },
      requestId: '0199d0c4-7d1b-7f5e-9c54-0d3f0e5a1b2c',
    },
  });

export const auditListSchema = listOf(auditRecordSchema, 'AuditRecordList');

export const listAuditQuery = z.strictObject({
  ...pageQuery,
  actor: anyOf('Who did it.'),
  action: anyOf('What was done, e.g. intent.created.'),
  target: anyOf('What it was done to, e.g. cluster/prod.'),
  since: timeQuery('Records of this time and later.'),
});

export type ListAuditQuery = z.output<typeof listAuditQuery>;

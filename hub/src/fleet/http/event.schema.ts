import { z } from 'zod';
import { anyOf, listOf, oneOrMore, pageQuery, time, timeQuery } from '../../paging/page.schema.js';
import { nullableObjectRefSchema } from './object.schema.js';

const severities = ['info', 'error'] as const;

export const eventSchema = z
  .object({
    id: z.string(),
    cluster: z.string(),
    time,
    severity: z.enum(severities),
    reason: z.string(),
    message: z.string(),
    object: nullableObjectRefSchema.meta({
      description: 'Null for a gap: severity error, reason RecordsLost.',
    }),
    metadata: z.record(z.string(), z.string()),
  })
  .meta({
    id: 'Event',
    example: {
      id: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
      cluster: 'prod',
      time: '2026-01-01T12:00:00.000Z',
      severity: 'info',
      reason: 'ReconciliationSucceeded',
      message: 'Reconciliation finished in 1.2s, next run in 10m0s',
      object: { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' },
      metadata: { revision: 'main@sha1:4f1c9b2e7a6d5c4b3a291807f6e5d4c3b2a19080' },
    },
  });

export const eventListSchema = listOf(eventSchema, 'EventList');

export const listEventsQuery = z.strictObject({
  ...pageQuery,
  cluster: anyOf('Name of the cluster.'),
  kind: anyOf('Kind of the object.'),
  namespace: anyOf('Namespace of the object.'),
  name: anyOf('Name of the object.'),
  severity: oneOrMore(severities, 'Severity of the event.'),
  since: timeQuery('Events of this time and later.'),
});

export type ListEventsQuery = z.output<typeof listEventsQuery>;

import { z } from 'zod';
import { listOf, oneOrMore, pageQuery, time } from '../../paging/page.schema.js';
import { breakGlassStates, freezeStates } from '../read-models/freeze-list.js';

const breakGlassSchema = z
  .object({
    promotion: z.string(),
    state: z.enum(breakGlassStates),
    reason: z.string(),
    requestedBy: z.string(),
    requestedAt: time,
    expiresAt: time.meta({ description: 'Until then somebody else may confirm.' }),
    grantedBy: z.string().nullable(),
    grantedAt: time.nullable(),
  })
  .meta({
    id: 'BreakGlass',
    example: {
      promotion: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
      state: 'Granted',
      reason: 'the shop is down',
      requestedBy: 'ada',
      requestedAt: '2026-12-24T12:00:00.000Z',
      expiresAt: '2026-12-24T12:15:00.000Z',
      grantedBy: 'grace',
      grantedAt: '2026-12-24T12:03:00.000Z',
    },
  });

export const freezeSchema = z
  .object({
    name: z.string(),
    generation: z.int().min(1).meta({ description: 'Counts the changes of the document.' }),
    state: z.enum(freezeStates),
    scope: z
      .object({
        organisation: z.boolean().optional(),
        environment: z.string().optional(),
        cluster: z.string().optional(),
        source: z.object({ kind: z.string(), namespace: z.string(), name: z.string() }).optional(),
      })
      .meta({ description: 'Only a source: that source in every cluster.' }),
    reason: z.string(),
    from: time,
    until: time,
    clusters: z.int().min(0).meta({ description: 'How many clusters are in its scope now.' }),
    breakGlass: z.array(breakGlassSchema).meta({ description: 'Newest first.' }),
    createdBy: z.string(),
    createdAt: time,
    updatedBy: z.string(),
    updatedAt: time,
  })
  .meta({
    id: 'Freeze',
    example: {
      name: 'holidays',
      generation: 1,
      state: 'Active',
      scope: { environment: 'prod' },
      reason: 'nobody is on call',
      from: '2026-12-23T17:00:00.000Z',
      until: '2027-01-02T08:00:00.000Z',
      clusters: 12,
      breakGlass: [],
      createdBy: 'ci',
      createdAt: '2026-12-01T09:00:00.000Z',
      updatedBy: 'ci',
      updatedAt: '2026-12-01T09:00:00.000Z',
    },
  });

export const freezeListSchema = listOf(freezeSchema, 'FreezeList');

export const listFreezesQuery = z.strictObject({
  ...pageQuery,
  state: oneOrMore(freezeStates, 'State of the freeze.'),
});

export const breakGlassAskSchema = z
  .strictObject({
    promotion: z.string().min(1).max(253).meta({ description: 'Id of the promotion that is to pass.' }),
    reason: z.string().min(1).max(1_000),
  })
  .meta({
    id: 'BreakGlassRequest',
    example: { promotion: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c', reason: 'the shop is down' },
  });

export type ListFreezesQuery = z.output<typeof listFreezesQuery>;
export type BreakGlassBody = z.output<typeof breakGlassAskSchema>;

import { z } from 'zod';
import { DocumentName, fleetApiVersion, Metadata, SourceRef } from './fields.js';

/** What stands still: everything, an environment, a cluster, or one source (everywhere, or in one of the former). */
export const FreezeScope = z
  .strictObject({
    organisation: z.literal(true).optional().describe('All clusters.'),
    environment: DocumentName.optional().describe('The clusters of an Environment.'),
    cluster: z.string().min(1).max(253).optional().describe('One cluster, by name.'),
    source: SourceRef.optional().describe('Only this source object; without it all sources.'),
  })
  .refine(
    ({ organisation, environment, cluster }) =>
      [organisation, environment, cluster].filter((scope) => scope !== undefined).length <= 1,
    { message: 'name at most one of organisation, environment and cluster' },
  )
  .refine((scope) => Object.values(scope).some((value) => value !== undefined), {
    message: 'name organisation, environment, cluster or source',
  });
export type FreezeScope = z.output<typeof FreezeScope>;

/** spec of a Freeze: sources in its scope do not move to another revision; drift is still corrected. */
export const FreezeSpec = z
  .strictObject({
    scope: FreezeScope,
    reason: z.string().min(1).max(1_000).describe('Shown wherever something waits for it.'),
    from: z.iso.datetime({ offset: true }).optional().describe('Default at once.'),
    until: z.iso.datetime({ offset: true }).describe('When it ends by itself, also with the hub away.'),
  })
  .refine(({ from, until }) => from === undefined || Date.parse(from) < Date.parse(until), {
    path: ['until'],
    message: 'must be later than from',
  });
export type FreezeSpec = z.output<typeof FreezeSpec>;

/** The document that names a freeze. */
export const FreezeDocument = z.strictObject({
  apiVersion: z.literal(fleetApiVersion),
  kind: z.literal('Freeze'),
  metadata: Metadata,
  spec: FreezeSpec,
});
export type FreezeDocument = z.output<typeof FreezeDocument>;

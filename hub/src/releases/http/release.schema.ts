import { z } from 'zod';
import { DocumentName, SourceRef } from '@flotilla/common/fleet-api/fields';
import { anyOf, listOf, pageQuery, time } from '../../paging/page.schema.js';

const source = { kind: 'GitRepository' as const, namespace: 'flux-system', name: 'apps' };
const revision = 'main@sha1:4f1c9b2d0f6b8f2a7d3c1e5a9b0d8c7e6f5a4b3c';

const releaseItemSchema = z.object({
  source: z.object({ kind: z.string(), namespace: z.string(), name: z.string() }),
  url: z.string(),
  revision: z.string(),
  digest: z.string().nullable(),
  authors: z
    .array(z.string())
    .meta({ description: 'Who made what is new since the release before, as "Name <email>".' }),
  authorUnknown: z.literal(true).optional().meta({
    description: 'Nobody has told who made it: nobody may approve it, unless the gate lets authors.',
  }),
  veto: z
    .object({ id: z.string(), reason: z.string(), requestedBy: z.string() })
    .nullable()
    .meta({ description: 'The veto that stands against this revision.' }),
});

export const releaseSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    pipeline: z.string(),
    number: z.int().min(1),
    items: z.array(releaseItemSchema),
    vetoed: z.boolean().meta({ description: 'No promotion takes it until the vetoes are lifted.' }),
    createdBy: z.string(),
    createdAt: time,
  })
  .meta({
    id: 'Release',
    example: {
      id: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
      name: 'shop-7',
      pipeline: 'shop',
      number: 7,
      items: [
        {
          source,
          url: 'https://git.example.com/shop/fleet',
          revision,
          digest: null,
          authors: ['Ann <ann@example.com>'],
          veto: null,
        },
      ],
      vetoed: false,
      createdBy: 'hub',
      createdAt: '2026-01-01T12:00:00.000Z',
    },
  });

export const releaseListSchema = listOf(releaseSchema, 'ReleaseList');

export const releaseRequestSchema = z
  .strictObject({
    pipeline: DocumentName,
    items: z
      .array(
        z.strictObject({
          source: SourceRef.optional().meta({
            description: 'May be left out where the pipeline has one source.',
          }),
          revision: z.string().min(1).max(500).meta({
            description:
              'Whole, or a commit (or its beginning) that the fleet knows, or the version of a chart.',
          }),
        }),
      )
      .min(1)
      .max(20)
      .meta({ description: 'Sources that are not named keep what the newest release has.' }),
  })
  .meta({ id: 'ReleaseRequest', example: { pipeline: 'shop', items: [{ revision: '4f1c9b2' }] } });
export type ReleaseRequestBody = z.output<typeof releaseRequestSchema>;

export const listReleasesQuery = z.strictObject({
  ...pageQuery,
  pipeline: anyOf('Name of the pipeline.'),
  revision: z.string().min(1).max(512).optional().meta({
    description:
      'Releases that hold a commit (7 to 64 hex digits), a whole revision, a digest, or the version of a chart.',
  }),
});
export type ListReleasesQuery = z.output<typeof listReleasesQuery>;

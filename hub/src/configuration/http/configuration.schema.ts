import { z } from 'zod';
import { fleetKinds } from '@flotilla/common/fleet-api/document';
import { flagQuery, time } from '../../paging/page.schema.js';
import { forceQuery } from './force.schema.js';

/** One document of flotilla.dev; what its fields mean is checked later, so that messages name the document. */
const documentSchema = z.record(z.string(), z.unknown()).meta({
  description:
    'A document of flotilla.dev/v1alpha1: Environment, Pipeline or Freeze. See docs/spec/pipelines.md.',
});

export const applyRequestSchema = z
  .union([z.object({ documents: z.array(documentSchema).min(1).max(500) }), documentSchema])
  .meta({
    id: 'ApplyRequest',
    example: {
      documents: [
        {
          apiVersion: 'flotilla.dev/v1alpha1',
          kind: 'Environment',
          metadata: { name: 'prod' },
          spec: { selector: { matchLabels: { env: 'prod' } } },
        },
      ],
    },
  });
export type ApplyRequestBody = z.output<typeof applyRequestSchema>;

export const applyQuery = forceQuery.extend({
  dryRun: flagQuery('Check and tell, but change nothing.'),
});
export type ApplyQuery = z.output<typeof applyQuery>;

export const applyAnswerSchema = z
  .object({
    dryRun: z.boolean(),
    documents: z.array(
      z.object({
        kind: z.enum(fleetKinds),
        name: z.string(),
        outcome: z.enum(['created', 'configured', 'unchanged']),
      }),
    ),
  })
  .meta({
    id: 'ApplyAnswer',
    example: { dryRun: false, documents: [{ kind: 'Environment', name: 'prod', outcome: 'created' }] },
  });
export type ApplyAnswer = z.output<typeof applyAnswerSchema>;

export const configurationSchema = z
  .object({
    git: z
      .object({
        url: z.string(),
        branch: z.string(),
        path: z.string(),
        intervalSeconds: z.number(),
        ready: z.boolean().meta({ description: 'All of the newest commit is in force.' }),
        message: z
          .string()
          .meta({ description: 'Why it is not; names the file, the document and the field.' }),
        problems: z.array(
          z.object({ path: z.string(), document: z.string(), field: z.string(), message: z.string() }),
        ),
        appliedCommit: z.string().nullable(),
        appliedAt: time.nullable(),
        seenCommit: z.string().nullable(),
        checkedAt: time.nullable(),
        documents: z.int().min(0).meta({ description: 'In the commit that is in force.' }),
      })
      .nullable()
      .meta({ description: 'Null: the hub reads no configuration from Git.' }),
  })
  .meta({ id: 'Configuration', example: { git: null } });
export type ConfigurationView = z.input<typeof configurationSchema>;

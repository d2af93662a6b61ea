import { z } from 'zod';
import { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import { listOf, time } from '../../paging/page.schema.js';
import { documentExample, documentFields } from './document.schema.js';

const waitingSchema = z.object({
  id: z.string(),
  environment: z.string(),
  release: z.string(),
  state: z.string(),
});

const stageSchema = z.object({
  name: z.string(),
  after: z.array(z.string()).meta({ description: 'Where a release has to be promoted before.' }),
  release: z.string().nullable().meta({ description: 'The release that was promoted here last.' }),
  promotedAt: time.nullable(),
  waiting: z.array(waitingSchema).meta({ description: 'Promotions that have not ended, oldest first.' }),
  nextGate: z
    .object({ name: z.string(), message: z.string(), until: time.nullable() })
    .nullable()
    .meta({ description: 'What the first of them waits for.' }),
});

const exampleSpec = PipelineSpec.parse({
  sources: [{ name: 'apps' }],
  environments: [{ name: 'dev' }, { name: 'prod', gates: { before: [{ type: 'soak', duration: '30m' }] } }],
});
const nothing = { release: null, promotedAt: null, waiting: [], nextGate: null };

export const pipelineSchema = z
  .object({
    ...documentFields,
    spec: PipelineSpec,
    latestRelease: z.string().nullable(),
    environments: z.array(stageSchema),
    watches: z
      .array(
        z.object({
          source: z.string(),
          url: z.string(),
          branch: z.string(),
          commit: z.string().nullable(),
          checkedAt: time,
          message: z.string().meta({ description: 'Why the last look failed; empty when it did not.' }),
        }),
      )
      .meta({ description: "The hub's own looks at Git servers." }),
  })
  .meta({
    id: 'Pipeline',
    example: {
      name: 'shop',
      ...documentExample,
      spec: exampleSpec,
      latestRelease: 'shop-7',
      environments: [
        { ...nothing, name: 'dev', after: [], release: 'shop-7', promotedAt: '2026-01-01T12:00:00.000Z' },
        { ...nothing, name: 'prod', after: ['dev'] },
      ],
      watches: [],
    },
  });

export const pipelineListSchema = listOf(pipelineSchema, 'PipelineList');

import { z } from 'zod';
import { EnvironmentSpec } from '@flotilla/common/fleet-api/environment';
import { listOf, pageQuery } from '../../paging/page.schema.js';
import { documentExample, documentFields } from './document.schema.js';

export const environmentSchema = z
  .object({
    ...documentFields,
    spec: EnvironmentSpec,
    selector: z.string().meta({ description: 'spec.selector as text.' }),
    clusters: z.int().min(0).meta({ description: 'How many belong to it now.' }),
    pipelines: z.array(z.string()).meta({ description: 'Pipelines that have it.' }),
  })
  .meta({
    id: 'Environment',
    example: {
      name: 'prod',
      ...documentExample,
      spec: { selector: { matchLabels: { env: 'prod' } }, allowEmpty: false },
      selector: 'env=prod',
      clusters: 12,
      pipelines: ['shop'],
    },
  });

export const environmentListSchema = listOf(environmentSchema, 'EnvironmentList');

export const listDocumentsQuery = z.strictObject(pageQuery);
export type ListDocumentsQuery = z.output<typeof listDocumentsQuery>;

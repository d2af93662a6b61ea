import { z } from 'zod';
import { hubErrorStatus } from '../platform/errors/hub-error.js';
import type { HubErrorCode } from '../platform/errors/hub-error.js';

const codes = Object.keys(hubErrorStatus) as [HubErrorCode, ...HubErrorCode[]];

/** Every error of the API. */
export const errorSchema = z
  .object({
    error: z.object({
      code: z.enum(codes),
      message: z.string().meta({ description: 'What is wrong, for people.' }),
      remedy: z.string().optional().meta({ description: 'What to do about it.' }),
      field: z.string().optional().meta({ description: 'The part of the input that is not valid.' }),
      problems: z
        .array(z.object({ document: z.string(), field: z.string(), message: z.string() }))
        .optional()
        .meta({ description: 'Every field that is wrong, where a call takes whole documents.' }),
      id: z.string().meta({ description: 'Of the request; stands in the log of the hub, too.' }),
    }),
  })
  .meta({
    id: 'Error',
    example: {
      error: {
        code: 'NotFound',
        message: 'cluster "prod-9" does not exist',
        remedy: 'flotilla get clusters lists the known ones',
        id: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
      },
    },
  });

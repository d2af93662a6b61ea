import { z } from 'zod';
import { listOf, oneOrMore, pageQuery, time } from '../../paging/page.schema.js';
import { vetoStates } from '../read-models/veto-list.js';

const url = 'https://git.example.com/org/fleet';
const revision = 'main@sha1:4f1c9b2e7a6d5c4b3a291807f6e5d4c3b2a19080';

export const vetoSchema = z
  .object({
    id: z.string(),
    state: z.enum(vetoStates),
    url: z.string().meta({ description: 'Without credentials.' }),
    revision: z.string(),
    reason: z.string(),
    requestedBy: z.string(),
    rollout: z.string().nullable().meta({ description: 'The rollout that found the revision bad.' }),
    createdAt: time,
    liftedBy: z.string().nullable(),
    liftedReason: z.string().nullable(),
    liftedAt: time.nullable(),
  })
  .meta({
    id: 'Veto',
    example: {
      id: '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
      state: 'InForce',
      url,
      revision,
      reason: 'the shop does not start',
      requestedBy: 'ada',
      rollout: null,
      createdAt: '2026-01-01T12:00:00.000Z',
      liftedBy: null,
      liftedReason: null,
      liftedAt: null,
    },
  });

export const vetoListSchema = listOf(vetoSchema, 'VetoList');

/** PostgreSQL stores every character but this one, and addresses and revisions have no room for others like it. */
const printable = /^[^\p{Cc}]+$/u;

export const vetoAskSchema = z
  .strictObject({
    url: z
      .string()
      .min(1)
      .max(2_000)
      .regex(printable, 'must be one line')
      .optional()
      .meta({ description: 'spec.url of the sources; credentials in it are dropped.' }),
    revision: z
      .string()
      .min(1)
      .max(512)
      .regex(printable, 'must be one line')
      .optional()
      .meta({ description: 'As sources write it, or the whole commit or digest alone.' }),
    pipeline: z.string().min(1).max(63).optional(),
    release: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .meta({ description: 'Id or name; every item of it is vetoed.' }),
    reason: z.string().min(1).max(500),
  })
  .refine((ask) => (ask.url === undefined) !== (ask.release === undefined), {
    path: ['url'],
    message: 'give either url and revision, or pipeline and release',
  })
  .refine((ask) => (ask.url === undefined) === (ask.revision === undefined), {
    path: ['revision'],
    message: 'url and revision belong together',
  })
  .refine((ask) => (ask.release === undefined) === (ask.pipeline === undefined), {
    path: ['pipeline'],
    message: 'pipeline and release belong together',
  })
  .meta({ id: 'VetoRequest', example: { url, revision, reason: 'the shop does not start' } });

export const liftVetoSchema = z
  .strictObject({ reason: z.string().min(1).max(500) })
  .meta({ id: 'VetoLifting', example: { reason: 'fixed on the clusters' } });

export const listVetoesQuery = z.strictObject({
  ...pageQuery,
  state: oneOrMore(vetoStates, 'State of the veto.'),
  revision: z
    .string()
    .min(4)
    .max(512)
    .optional()
    .meta({ description: 'A whole revision, or the first digits of a commit.' }),
});

export type VetoAskBody = z.output<typeof vetoAskSchema>;
export type LiftVetoBody = z.output<typeof liftVetoSchema>;
export type ListVetoesQuery = z.output<typeof listVetoesQuery>;

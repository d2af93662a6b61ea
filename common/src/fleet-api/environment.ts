import { z } from 'zod';
import { ClusterSelector, fleetApiVersion, Metadata } from './fields.js';

/** spec of an Environment: the clusters that take releases together. */
export const EnvironmentSpec = z.strictObject({
  description: z.string().max(1_000).optional().describe('For people.'),
  selector: ClusterSelector.describe('Which clusters belong to it, by their labels.'),
  allowEmpty: z
    .boolean()
    .default(false)
    .describe('Pipelines may use it while no cluster matches; promotions to it then wait for one.'),
});
export type EnvironmentSpec = z.output<typeof EnvironmentSpec>;

/** The document that names an environment. */
export const EnvironmentDocument = z.strictObject({
  apiVersion: z.literal(fleetApiVersion),
  kind: z.literal('Environment'),
  metadata: Metadata,
  spec: EnvironmentSpec,
});
export type EnvironmentDocument = z.output<typeof EnvironmentDocument>;

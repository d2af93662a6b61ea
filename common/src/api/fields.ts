import { z } from 'zod';
import { durationPattern, shortDurationPattern } from '../duration/duration.js';

/** A duration such as "1h30m". */
export const Duration = z.string().regex(new RegExp(durationPattern));

/** A duration without hours, such as "90s". */
export const ShortDuration = z.string().regex(new RegExp(shortDurationPattern));

/** Names an object in the namespace of the object that refers to it. */
export const LocalReference = z.object({ name: z.string().describe('Name of the object.') });
export type LocalReference = z.infer<typeof LocalReference>;

/** An int64 of the API. */
export const Int64 = z.number().int().meta({ format: 'int64' });

/** An RFC 3339 time. */
export const Time = z.string().meta({ format: 'date-time' });

/** A metav1.Condition as the CRDs of this project declare it. */
export const ConditionField = z.object({
  type: z.string().max(316).describe('Type of the condition, in CamelCase.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Status of the condition.'),
  reason: z.string().max(1024).describe('Programmatic identifier of the cause of the last transition.'),
  message: z.string().max(32768).describe('Explanation for people.'),
  observedGeneration: Int64.min(0)
    .optional()
    .describe('Generation of the object that the condition is about.'),
  lastTransitionTime: Time.describe('When the condition last changed.'),
});

/** status.artifact of a source, flux-compat 2.1. */
export const ArtifactField = z.object({
  digest: z
    .string()
    .regex(/^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/)
    .describe('Digest of the stored file, <algorithm>:<checksum>.'),
  lastUpdateTime: Time.describe('When the artifact was stored.'),
  metadata: z
    .record(z.string(), z.string())
    .optional()
    .describe('Annotations that the upstream artifact carried.'),
  path: z.string().describe('Path of the file below the root of the artifact server.'),
  revision: z.string().describe('Human-readable identifier of the content, e.g. main@sha1:<hash>.'),
  size: Int64.describe('Bytes of the stored file.'),
  url: z.string().describe('Where consumers fetch the artifact.'),
});
export type ArtifactField = z.infer<typeof ArtifactField>;

/** Status fields that every reconciled kind has (flux-compat 1.1, 1.2). */
export const commonStatusFields = {
  conditions: z.array(ConditionField).optional().describe('Conditions of the object.'),
  lastHandledReconcileAt: z
    .string()
    .optional()
    .describe('Last value of the annotation reconcile.fluxcd.io/requestedAt that was handled.'),
  observedGeneration: Int64.optional().describe('Generation that was reconciled last.'),
};

/** Anchored-regexp and selector target of kustomize patches and of ignore rules. */
export const SelectorField = z.object({
  annotationSelector: z.string().optional().describe('Annotations, in label selector syntax.'),
  group: z.string().optional().describe('API group, an anchored regular expression.'),
  kind: z.string().optional().describe('Kind, an anchored regular expression.'),
  labelSelector: z.string().optional().describe('Labels, in label selector syntax.'),
  name: z.string().optional().describe('Name, an anchored regular expression.'),
  namespace: z.string().optional().describe('Namespace, an anchored regular expression.'),
  version: z.string().optional().describe('API version, an anchored regular expression.'),
});

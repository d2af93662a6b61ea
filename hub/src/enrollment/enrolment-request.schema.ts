import { labelKeyProblem, labelValueProblem } from '@flotilla/common/labels/label-syntax';
import { z } from 'zod';
import { invalid } from '../platform/errors/hub-error.js';
import type { EnrolmentRequest } from './domain/decide-enrolment.js';

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const mostLabels = 64;

/** A cluster name: an RFC 1123 label. */
export const clusterName = z
  .string()
  .regex(dnsLabel, 'expected lower case letters, digits and "-", at most 63, e.g. "prod-eu-1"');

/** Kubernetes labels. */
export const clusterLabels = z
  .record(z.string(), z.string())
  .refine((labels) => Object.keys(labels).length <= mostLabels, `expected at most ${mostLabels} labels`)
  .superRefine((labels, context) => {
    for (const [key, value] of Object.entries(labels)) {
      const message = labelKeyProblem(key) ?? labelValueProblem(value);
      if (message) context.addIssue({ code: 'custom', path: [key], message });
    }
  });

const schema = z.object({
  clusterName,
  clusterUid: z.string().min(1, 'expected the uid of the namespace kube-system').max(128),
  labels: clusterLabels,
});

/** Checks what an agent says of its cluster. @throws HubError Invalid */
export function parseEnrolmentRequest(input: unknown): EnrolmentRequest {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw invalid(field, `${field}: ${issue?.message ?? 'is not valid'}`, {
    remedy: 'correct the settings of the agent',
  });
}

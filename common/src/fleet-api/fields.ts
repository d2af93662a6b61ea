import { z } from 'zod';
import { labelKeyProblem, labelValueProblem } from '../labels/label-syntax.js';
import { parseDuration, readDuration } from '../duration/duration.js';

/** Version of all documents that configure the hub. */
export const fleetApiVersion = 'flotilla.dev/v1alpha1';

/** An RFC 1123 label: the name of a document. */
export const DocumentName = z
  .string()
  .regex(
    /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/,
    'must be 1 to 63 of a-z, 0-9 and -, with a letter or digit at both ends',
  );

/** A Go duration such as "90s" or "1h30m", at most a year; kept as text. */
export const DurationText = z.string().superRefine((text, context) => {
  const ms = readDuration(text);
  if (ms === undefined)
    context.addIssue({ code: 'custom', message: 'must be a duration such as 90s or 1h30m' });
  else if (ms < 0 || ms > 366 * 86_400_000) {
    context.addIssue({ code: 'custom', message: 'must be between 0s and 8784h' });
  }
});

/** Milliseconds of a text that `DurationText` has let through. */
export function durationMs(text: string): number {
  return parseDuration(text);
}

/** A count, or a percentage of all in question such as "25%" (rounded up, so never none). */
export const CountOrPercentage = z.union([
  z.int().min(0).max(100_000),
  z.string().regex(/^(?:100|[1-9]?[0-9])%$/, 'must be a count or a percentage such as 25%'),
]);
export type CountOrPercentage = z.output<typeof CountOrPercentage>;

const LabelKey = z.string().superRefine((key, context) => {
  const problem = labelKeyProblem(key);
  if (problem) context.addIssue({ code: 'custom', message: problem });
});
const LabelValue = z.string().superRefine((value, context) => {
  const problem = labelValueProblem(value);
  if (problem) context.addIssue({ code: 'custom', message: problem });
});

/** The key of a label of clusters. */
export const ClusterLabel = LabelKey;

const Expression = z
  .strictObject({
    key: LabelKey.describe('Key of a label.'),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
      .describe('NotIn holds for clusters without the label, too.'),
    values: z.array(LabelValue).max(100).optional().describe('Of In and NotIn.'),
  })
  .refine(({ operator, values }) => operator.endsWith('In') === (values !== undefined && values.length > 0), {
    path: ['values'],
    message: 'In and NotIn need values; Exists and DoesNotExist take none',
  });

/** A metav1.LabelSelector over the labels of clusters. At least one condition: "all" is said by naming a label. */
export const ClusterSelector = z
  .strictObject({
    matchLabels: z.record(LabelKey, LabelValue).optional().describe('All of these labels.'),
    matchExpressions: z.array(Expression).max(50).optional().describe('And all of these.'),
  })
  .refine(
    ({ matchLabels, matchExpressions }) =>
      Object.keys(matchLabels ?? {}).length + (matchExpressions?.length ?? 0) > 0,
    { message: 'must have at least one condition' },
  );
export type ClusterSelector = z.output<typeof ClusterSelector>;

/** Which source object, the same in every cluster. */
export const SourceRef = z.strictObject({
  kind: z
    .enum(['GitRepository', 'OCIRepository', 'HelmChart', 'Bucket'])
    .default('GitRepository')
    .describe('Kind of the source object.'),
  namespace: z.string().min(1).max(253).default('flux-system').describe('Its namespace in the clusters.'),
  name: z.string().min(1).max(253).describe('Its name.'),
});
export type SourceRef = z.output<typeof SourceRef>;

/** An address of a server. Credentials in it would be shown to everybody who reads the document. */
export const HttpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an address that begins with https:// or http://' })
  .max(2_000)
  .refine(withoutUser, 'must not hold a user or password; name environment variables of the hub for them');

function withoutUser(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

/** The name of a branch, by the rules of Git. */
export const BranchName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?!-)(?!.*(?:\.\.|\/\/|@\{|\.lock$))[^\s~^:?*[\\]+(?<![./])$/, 'is not the name of a branch');

/** metadata of a document. */
export const Metadata = z.strictObject({
  name: DocumentName,
  labels: z.record(LabelKey, LabelValue).optional(),
  annotations: z.record(LabelKey, z.string().max(10_000)).optional(),
});

import { z } from 'zod';
import type { KubeObject } from '../kube/object.js';
import { ArtifactField, commonStatusFields, Duration, LocalReference, ShortDuration } from './fields.js';
import {
  columns,
  olderVersions,
  parseObject,
  type KindDefinition,
  type KindVersion,
} from './kind-definition.js';
import { olderGitRepositoryFields } from './older-fields.js';
import { GateField } from './source-gate.js';

const Include = z.object({
  fromPath: z.string().optional().describe('Path inside the included artifact; default its root.'),
  repository: LocalReference.describe('The other GitRepository, in the same namespace.'),
  toPath: z
    .string()
    .optional()
    .describe('Where it is copied to; default the name of the other GitRepository.'),
});

const GitReference = z.object({
  branch: z.string().optional().describe('Branch to follow; master when nothing else is set.'),
  commit: z.string().optional().describe('Commit to check out; wins over all other fields.'),
  name: z
    .string()
    .optional()
    .describe('Full name of a ref, e.g. refs/pull/1/head; wins over tag, semver and branch.'),
  semver: z.string().optional().describe('Range over the tags; the highest match is checked out.'),
  tag: z.string().optional().describe('Tag to check out.'),
});
export type GitReference = z.infer<typeof GitReference>;

const Verification = z.object({
  mode: z
    .enum(['head', 'HEAD', 'Tag', 'TagAndHEAD'])
    .default('HEAD')
    .describe('Which Git objects must be signed: the commit, the tag, or both.'),
  secretRef: LocalReference.describe('Secret with the trusted public keys.'),
});

/** serviceAccountName stands only beside a provider that knows accounts; Flux says so in CEL. */
const accountNeedsCloud = [
  { not: { required: ['serviceAccountName'] } },
  { properties: { provider: { enum: ['aws', 'azure'] } }, required: ['provider'] },
];

/** spec of a GitRepository, flux-compat 2.3. */
export const GitRepositorySpec = z
  .object({
    ignore: z.string().optional().describe('Ignore patterns that are applied after the .sourceignore files.'),
    include: z
      .array(Include)
      .optional()
      .describe('Artifacts of other GitRepositories that are copied into this one.'),
    interval: Duration.describe('Time between two checks of the repository.'),
    provider: z
      .enum(['generic', 'aws', 'azure', 'github'])
      .optional()
      .describe('How to authenticate; default generic.'),
    proxySecretRef: LocalReference.optional().describe(
      'Secret with the address and the credentials of a proxy.',
    ),
    recurseSubmodules: z.boolean().optional().describe('Check submodules out too.'),
    ref: GitReference.optional().describe('What to check out; default the branch master.'),
    secretRef: LocalReference.optional().describe('Secret with the credentials.'),
    serviceAccountName: z
      .string()
      .optional()
      .describe('ServiceAccount for workload identity; only with the providers azure and aws.'),
    sparseCheckout: z.array(z.string()).optional().describe('Folders to check out; default everything.'),
    suspend: z.boolean().optional().describe('Stop reconciling this object.'),
    timeout: ShortDuration.default('60s').describe('Limit of one Git operation.'),
    url: z
      .string()
      .regex(/^(http|https|ssh):\/\/.*$/)
      .describe('Address of the repository.'),
    verify: Verification.optional().describe('Signatures that are required.'),
    ...olderGitRepositoryFields,
  })
  .meta({ anyOf: accountNeedsCloud });
export type GitRepositorySpec = z.infer<typeof GitRepositorySpec>;

/** status of a GitRepository, flux-compat 2.3. */
export const GitRepositoryStatus = z.object({
  ...commonStatusFields,
  artifact: ArtifactField.optional().describe('The stored artifact.'),
  gate: GateField.optional().describe('How pins, freezes and vetoes of the hub bear on this source.'),
  includedArtifacts: z.array(ArtifactField).optional().describe('The artifacts that were included.'),
  observedIgnore: z.string().optional().describe('spec.ignore that the artifact was made with.'),
  observedInclude: z.array(Include).optional().describe('spec.include that the artifact was made with.'),
  observedRecurseSubmodules: z
    .boolean()
    .optional()
    .describe('spec.recurseSubmodules that the artifact was made with.'),
  observedSparseCheckout: z
    .array(z.string())
    .optional()
    .describe('spec.sparseCheckout that the artifact was made with.'),
  sourceVerificationMode: z.string().optional().describe('Mode of the last verification that succeeded.'),
});
export type GitRepositoryStatus = z.infer<typeof GitRepositoryStatus>;

export interface GitRepository extends KubeObject {
  spec: GitRepositorySpec;
  status?: GitRepositoryStatus;
}

const v1: KindVersion = {
  name: 'v1',
  storage: true,
  spec: GitRepositorySpec,
  status: GitRepositoryStatus,
  columns: columns({ name: 'URL', type: 'string', jsonPath: '.spec.url' }),
};

export const gitRepositoryDefinition: KindDefinition = {
  group: 'source.toolkit.fluxcd.io',
  kind: 'GitRepository',
  plural: 'gitrepositories',
  shortNames: ['gitrepo'],
  categories: ['all', 'fluxcd', 'fluxcd-sources'],
  description: 'A Git repository whose content is kept as an artifact.',
  versions: [v1, ...olderVersions('GitRepository', v1, 'v1beta2', 'v1beta1')],
};

/** Gives an object its type, with defaults filled in. @throws InvalidObjectError that names the field */
export function parseGitRepository(object: KubeObject): GitRepository {
  return parseObject<GitRepository>(object, GitRepositorySpec);
}

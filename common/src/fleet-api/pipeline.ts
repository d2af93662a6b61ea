import { z } from 'zod';
import {
  BranchName,
  DocumentName,
  DurationText,
  fleetApiVersion,
  HttpUrl,
  Metadata,
  SourceRef,
} from './fields.js';
import { GateList } from './gates.js';
import { RolloutStrategy } from './rollout-strategy.js';

const GitVariable = z.string().regex(/^FLOTILLA_GIT_[A-Z0-9_]+$/);

/** With what the hub logs in to a Git server: no secret stands in a document. */
const gitCredentials = {
  usernameEnv: GitVariable.optional().describe('Environment variable of the hub with the user.'),
  passwordEnv: GitVariable.optional().describe(
    'Environment variable of the hub with the password or access token.',
  ),
};

/** The hub's own look at a Git server, for releases that no agent has fetched yet. */
const GitWatch = z.strictObject({
  source: z.int().min(0).default(0).describe('Which of spec.sources it tells about.'),
  url: HttpUrl.describe('Address of the repository.'),
  branch: BranchName.default('main').describe('The branch that is watched.'),
  interval: DurationText.default('1m').describe('How often, at most every second.'),
  ...gitCredentials,
});

const FileChange = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('image').describe('Sets images[].newTag of a kustomization file.'),
    file: z.string().min(1).max(1_000).describe('The kustomization file.'),
    image: z.string().min(1).max(500).describe('images[].name.'),
    tagFrom: z
      .strictObject({ file: z.string().min(1).max(1_000).describe('A kustomization file.') })
      .describe('The same entry in this file is copied.'),
  }),
  z.strictObject({
    type: z.literal('field').describe('Copies one field of a YAML file, e.g. a chart version.'),
    file: z.string().min(1).max(1_000).describe('The file that is written.'),
    path: z.string().startsWith('/').max(1_000).describe('JSON pointer.'),
    from: z.strictObject({
      file: z.string().min(1).max(1_000).describe('The file that is read.'),
      path: z.string().startsWith('/').optional().describe('Default the same pointer.'),
    }),
  }),
  z.strictObject({
    type: z.literal('copy').describe('Makes a folder or file the same as another.'),
    from: z.string().min(1).max(1_000).describe('What is copied.'),
    to: z.string().min(1).max(1_000).describe('What becomes the same.'),
  }),
]);

/** How the promotion writes Git before its rollout follows the merged commit. */
const GitDelivery = z
  .strictObject({
    url: HttpUrl.describe('Address of the repository.'),
    branch: BranchName.default('main').describe('Branch that the environment follows.'),
    provider: z
      .enum(['push', 'github', 'gitlab', 'gitea'])
      .default('push')
      .describe('push: plain Git. The others: by their API, which pull requests need.'),
    apiUrl: HttpUrl.optional().describe('Of a server of your own, where it cannot be told from url.'),
    pullRequest: z
      .boolean()
      .default(false)
      .describe('Open a pull request and wait until it is merged; else a commit.'),
    changes: z.array(FileChange).min(1).max(100).describe('What one commit changes.'),
    ...gitCredentials,
  })
  .refine(({ provider, pullRequest }) => !pullRequest || provider !== 'push', {
    path: ['provider'],
    message: 'must be github, gitlab or gitea for a pull request',
  });
export type GitDelivery = z.output<typeof GitDelivery>;

/** One environment's place in a pipeline. */
const PipelineEnvironment = z
  .strictObject({
    name: DocumentName.describe('Name of an Environment.'),
    after: z
      .array(DocumentName)
      .max(50)
      .optional()
      .describe(
        'Environments in which a release has to be promoted before; default the one before in the list.',
      ),
    promote: z
      .enum(['automatic', 'manual'])
      .default('automatic')
      .describe('Whether a release that may come is promoted by itself (its gates still hold it).'),
    delivery: z
      .enum(['pins', 'follow', 'git'])
      .default('pins')
      .describe('pins: agents move when told. follow: they follow their ref, and are watched. git: see git.'),
    git: GitDelivery.optional().describe('How Git is written.'),
    queue: z
      .enum(['fifo', 'latest', 'batch'])
      .default('latest')
      .describe(
        'Of promotions that wait: all in order; the newest supersedes the others; all that wait become one.',
      ),
    gates: z
      .strictObject({
        before: GateList.default([]).describe('What has to hold before the rollout begins.'),
        after: GateList.default([]).describe('What has to hold after it, for the promotion to count.'),
      })
      .prefault({}),
    rollout: RolloutStrategy.prefault({}).describe('How it spreads over the clusters.'),
  })
  .refine(({ delivery, git }) => (delivery === 'git') === (git !== undefined), {
    path: ['git'],
    message: 'is needed with delivery git, and only then',
  });
export type PipelineEnvironment = z.output<typeof PipelineEnvironment>;

/** spec of a Pipeline: how releases of some sources go through environments. */
export const PipelineSpec = z.strictObject({
  description: z.string().max(1_000).optional().describe('For people.'),
  sources: z.array(SourceRef).min(1).max(20).describe('Source objects that a release holds together.'),
  releases: z
    .strictObject({
      automatic: z
        .boolean()
        .default(true)
        .describe('Make a release when agents of the first environment, or the watch, see a new revision.'),
      watch: z
        .array(GitWatch)
        .max(20)
        .default([])
        .describe("The hub's own look at Git: releases before any agent has fetched them, with all authors."),
    })
    .prefault({}),
  environments: z.array(PipelineEnvironment).min(1).max(50).describe('In order.'),
});
export type PipelineSpec = z.output<typeof PipelineSpec>;

/** The document that names a pipeline. */
export const PipelineDocument = z.strictObject({
  apiVersion: z.literal(fleetApiVersion),
  kind: z.literal('Pipeline'),
  metadata: Metadata,
  spec: PipelineSpec,
});
export type PipelineDocument = z.output<typeof PipelineDocument>;

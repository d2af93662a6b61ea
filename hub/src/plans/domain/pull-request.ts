import { z } from 'zod';

export const providers = ['github', 'gitlab', 'gitea'] as const;
export type Provider = (typeof providers)[number];

/** A pull request whose head is to be planned. */
export interface PullRequest {
  readonly provider: Provider;
  /** `owner/name`; of GitLab the number of the project. */
  readonly repository: string;
  readonly number: number;
  /** Full name of the ref that points at its head, in the repository that it is for. */
  readonly ref: string;
  readonly commit: string;
  /** Branch that it is to be merged into. */
  readonly base: string;
  /** Addresses of the repository. */
  readonly urls: readonly string[];
}

/** What a delivery of a webhook asks for. */
export type Delivery =
  | { readonly pullRequest: PullRequest }
  | { readonly ignored: string }
  | { readonly invalid: string };

const commit = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
const number = z.int().min(1);
const branch = z.string().min(1).max(1_000);
const url = z.string().max(2_000).nullish();
const repositoryName = z.string().regex(/^[\w.-]+\/[\w.-]+$/);

/** GitHub and Gitea say the same in the same words. */
const pullRequestEvent = z.object({
  action: z.string(),
  number,
  pull_request: z.object({ head: z.object({ sha: commit }), base: z.object({ ref: branch }) }),
  repository: z.object({ full_name: repositoryName, clone_url: url, ssh_url: url, html_url: url }),
});

const mergeRequestEvent = z.object({
  object_kind: z.literal('merge_request'),
  project: z.object({ id: number, git_http_url: url, git_ssh_url: url, web_url: url }),
  object_attributes: z.object({
    iid: number,
    action: z.string().nullish(),
    oldrev: z.string().nullish(),
    target_branch: branch,
    last_commit: z.object({ id: commit }),
  }),
});

/** Actions after which the head of a pull request is another one, or nobody has looked at it yet. */
const newHeads = new Set(['opened', 'reopened', 'synchronize', 'synchronized', 'ready_for_review']);

/** Reads a delivery. `event` is what the provider's header says. */
export function readDelivery(provider: Provider, event: string, body: unknown): Delivery {
  if (provider === 'gitlab') return mergeRequest(event, body);
  if (event !== 'pull_request')
    return { ignored: `event ${event || 'without a name'} is about no pull request` };
  const parsed = pullRequestEvent.safeParse(body);
  if (!parsed.success) return { invalid: problemOf(parsed.error) };
  const { action, number: id, pull_request: pull, repository } = parsed.data;
  if (!newHeads.has(action)) return { ignored: `action ${action} brings no new head` };
  const pullRequest: PullRequest = {
    provider,
    repository: repository.full_name,
    number: id,
    ref: `refs/pull/${id}/head`,
    commit: pull.head.sha,
    base: pull.base.ref,
    urls: present(repository.clone_url, repository.ssh_url, repository.html_url),
  };
  return { pullRequest };
}

function mergeRequest(event: string, body: unknown): Delivery {
  if (event !== 'Merge Request Hook')
    return { ignored: `event ${event || 'without a name'} is about no merge request` };
  const parsed = mergeRequestEvent.safeParse(body);
  if (!parsed.success) return { invalid: problemOf(parsed.error) };
  const { project, object_attributes: request } = parsed.data;
  const { action, oldrev } = request;
  // An update without an older revision is one of the title or the labels.
  const isNew = action === 'open' || action === 'reopen' || (action === 'update' && Boolean(oldrev));
  if (!isNew) return { ignored: `action ${action ?? 'without a name'} brings no new head` };
  const pullRequest: PullRequest = {
    provider: 'gitlab',
    repository: String(project.id),
    number: request.iid,
    ref: `refs/merge-requests/${request.iid}/head`,
    commit: request.last_commit.id,
    base: request.target_branch,
    urls: present(project.git_http_url, project.git_ssh_url, project.web_url),
  };
  return { pullRequest };
}

/** Deliveries repeat; the head of a pull request is planned once at a time. */
export function pullRequestKey({ provider, repository, number: id, commit: head }: PullRequest): string {
  return `${provider}/${repository}/${id}@${head}`;
}

function present(...urls: readonly (string | null | undefined)[]): string[] {
  return urls.filter((one): one is string => typeof one === 'string' && one !== '');
}

function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is not valid'}`;
}

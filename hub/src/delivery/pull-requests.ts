import { z } from 'zod';
import type { GitHost, GitHostKind } from '../platform/git-host/git-host.js';
import { OutgoingError } from '../platform/outgoing/outgoing-error.js';

/** A pull request, or merge request, as far as a promotion has to do with it. */
export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: 'open' | 'merged' | 'closed';
  /** What the branch got by the merge. */
  readonly commit: string | null;
  readonly base: string;
  readonly head: string;
  readonly conflicts: boolean;
}

export interface NewPullRequest {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly text: string;
}

/** What promotions do with the pull requests of one Git host. */
export interface PullRequests {
  /** `#7`, or `!7`. */
  readonly sign: string;
  get(host: GitHost, number: number): Promise<PullRequest>;
  /** All of one branch into another one. */
  find(host: GitHost, head: string, base: string): Promise<readonly PullRequest[]>;
  open(host: GitHost, wish: NewPullRequest): Promise<PullRequest>;
  /** Says why, and closes. */
  close(host: GitHost, number: number, why: string): Promise<void>;
}

const Ref = z.object({ ref: z.string(), label: z.string().nullish() });
const Pull = z.object({
  number: z.int(),
  html_url: z.string(),
  state: z.string(),
  // GitHub tells the time in lists, too; Gitea tells both.
  merged: z.boolean().nullish(),
  merged_at: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  mergeable_state: z.string().nullish(),
  base: Ref,
  head: Ref,
});
const MergeRequest = z.object({
  iid: z.int(),
  web_url: z.string(),
  state: z.string(),
  sha: z.string().nullish(),
  merge_commit_sha: z.string().nullish(),
  squash_commit_sha: z.string().nullish(),
  has_conflicts: z.boolean().nullish(),
  source_branch: z.string(),
  target_branch: z.string(),
});
const giteaPageSize = 50;
/** A Gitea lists all pull requests of a repository, newest first. */
const mostGiteaPages = 20;

const github: PullRequests = {
  sign: '#',
  get: async (host, number) => pull(await host.ask('GET', `/pulls/${number}`)),
  async find(host, head, base) {
    const query = new URLSearchParams({ state: 'all', head: `${host.owner}:${head}`, base, per_page: '100' });
    return read(z.array(Pull), await host.ask('GET', `/pulls?${query.toString()}`)).map(pullOf);
  },
  open: async (host, { head, base, title, text }) =>
    pull(await host.ask('POST', '/pulls', { head, base, title, body: text })),
  async close(host, number, why) {
    await host.ask('POST', `/issues/${number}/comments`, { body: why });
    await host.ask('PATCH', `/pulls/${number}`, { state: 'closed' });
  },
};

const gitea: PullRequests = {
  ...github,
  async find(host, head, base) {
    const found: PullRequest[] = [];
    for (let page = 1; page <= mostGiteaPages; page += 1) {
      const query = new URLSearchParams({
        state: 'all',
        sort: 'recentupdate',
        limit: `${giteaPageSize}`,
        page: `${page}`,
      });
      const all = read(z.array(Pull), await host.ask('GET', `/pulls?${query.toString()}`)).map(pullOf);
      found.push(...all.filter((one) => one.head === head && one.base === base));
      if (all.length === 0 || found.length > 0) break;
    }
    return found;
  },
};

const gitlab: PullRequests = {
  sign: '!',
  get: async (host, number) =>
    mergeRequestOf(read(MergeRequest, await host.ask('GET', `/merge_requests/${number}`))),
  async find(host, head, base) {
    const query = new URLSearchParams({
      state: 'all',
      source_branch: head,
      target_branch: base,
      per_page: '100',
    });
    return read(z.array(MergeRequest), await host.ask('GET', `/merge_requests?${query.toString()}`)).map(
      mergeRequestOf,
    );
  },
  async open(host, { head, base, title, text }) {
    const body = {
      source_branch: head,
      target_branch: base,
      title,
      description: text,
      remove_source_branch: true,
    };
    return mergeRequestOf(read(MergeRequest, await host.ask('POST', '/merge_requests', body)));
  },
  async close(host, number, why) {
    await host.ask('POST', `/merge_requests/${number}/notes`, { body: why });
    await host.ask('PUT', `/merge_requests/${number}`, { state_event: 'close' });
  },
};

/** By provider. */
export const pullRequests: Readonly<Record<GitHostKind, PullRequests>> = { github, gitlab, gitea };

function pull(answer: { readonly json: unknown }): PullRequest {
  return pullOf(read(Pull, answer));
}

function pullOf(one: z.output<typeof Pull>): PullRequest {
  const merged = one.merged === true || (one.merged_at ?? '') !== '';
  return {
    number: one.number,
    url: one.html_url,
    state: merged ? 'merged' : one.state === 'open' ? 'open' : 'closed',
    commit: merged ? (one.merge_commit_sha ?? null) : null,
    base: one.base.ref,
    head: headOf(one.head),
    conflicts: one.mergeable_state === 'dirty',
  };
}

/** Where the branch of a pull request is gone, Gitea has its name in the label only; GitHub has the owner before it. */
function headOf({ ref, label }: z.output<typeof Ref>): string {
  return ref.startsWith('refs/') && label ? label.replace(/^[^:]*:/, '') : ref;
}

function mergeRequestOf(one: z.output<typeof MergeRequest>): PullRequest {
  const merged = one.state === 'merged';
  return {
    number: one.iid,
    url: one.web_url,
    state: merged ? 'merged' : one.state === 'opened' || one.state === 'locked' ? 'open' : 'closed',
    // A merge by fast-forward makes no commit of its own.
    commit: merged ? (one.merge_commit_sha ?? one.squash_commit_sha ?? one.sha ?? null) : null,
    base: one.target_branch,
    head: one.source_branch,
    conflicts: one.has_conflicts === true,
  };
}

function read<Shape>(schema: z.ZodType<Shape>, { json }: { readonly json: unknown }): Shape {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new OutgoingError('the answer is not that of the API; is apiUrl right?');
}

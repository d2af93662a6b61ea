// The part of the REST interfaces of GitHub, GitLab and Gitea that has to do with pull requests, over a real
// repository. It is strict about what it is sent, as the hosts are, and merges with git itself.
import { startLoopback } from './loopback.js';
import type { Loopback, LoopbackAnswer, LoopbackRequest } from './loopback.js';
import type { GitRepository } from './git-repository.js';

export type GitHostKind = 'github' | 'gitlab' | 'gitea';

export interface HostedPullRequest {
  readonly number: number;
  readonly head: string;
  base: string;
  readonly title: string;
  readonly text: string;
  state: 'open' | 'merged' | 'closed';
  commit: string | null;
  conflicts: boolean;
  readonly comments: string[];
}

export interface GitHostServer {
  readonly kind: GitHostKind;
  /** For `apiUrl`. */
  readonly apiUrl: string;
  readonly pulls: HostedPullRequest[];
  readonly requests: Loopback['requests'];
  /** Is called before each answer; what it gives is the answer. */
  intercept: (request: LoopbackRequest) => LoopbackAnswer | undefined;
  /** Merges as somebody does at the host: a merge commit on the base, and the branch is gone. */
  merge(number: number): Promise<string>;
  stop(): Promise<void>;
}

type Answered = LoopbackAnswer | Promise<LoopbackAnswer>;

const versions: Readonly<Record<GitHostKind, string>> = {
  github: '/api/v3',
  gitlab: '/api/v4',
  gitea: '/api/v1',
};

/** Starts a host of one kind for a repository, whose path is `<owner>/<name>`. */
export async function startGitHost(
  kind: GitHostKind,
  repository: GitRepository,
  path: string,
  token: string,
): Promise<GitHostServer> {
  const pulls: HostedPullRequest[] = [];
  const [owner = ''] = path.split('/');
  const place = kind === 'gitlab' ? `/projects/${encodeURIComponent(path)}` : `/repos/${path}`;
  const prefix = `${versions[kind]}${place}`;
  const has = async (branch: string) =>
    (await repository.git('ls-remote', 'origin', `refs/heads/${branch}`)) !== '';
  const shown = kind === 'gitlab' ? shownByGitLab : shownByOthers(kind, owner);

  async function create({ body }: LoopbackRequest): Promise<LoopbackAnswer> {
    const wish = JSON.parse(body) as Record<string, unknown>;
    const keys = kind === 'gitlab' ? gitlabKeys : otherKeys;
    if (Object.keys(wish).toSorted().join() !== keys.join())
      return { status: 422, body: { message: 'Bad keys' } };
    const [head, base, text] = (
      kind === 'gitlab' ? ['source_branch', 'target_branch', 'description'] : ['head', 'base', 'body']
    ).map((key) => String(wish[key]));
    if (!(await has(head ?? '')) || !(await has(base ?? '')))
      return { status: 422, body: { message: 'No such branch' } };
    if (pulls.some((one) => one.head === head && one.base === base && one.state === 'open'))
      return { status: kind === 'github' ? 422 : 409, body: { message: 'A pull request already exists' } };
    const made: HostedPullRequest = {
      number: pulls.length + 1,
      head: head ?? '',
      base: base ?? '',
      title: String(wish['title']),
      text: text ?? '',
      state: 'open',
      commit: null,
      conflicts: false,
      comments: [],
    };
    pulls.push(made);
    return { status: 201, body: shown(made, await has(made.head)) };
  }

  async function list({ query }: LoopbackRequest): Promise<LoopbackAnswer> {
    let found = pulls.toReversed();
    if (kind === 'github')
      found = found.filter(
        ({ head, base }) => `${owner}:${head}` === query.get('head') && base === query.get('base'),
      );
    if (kind === 'gitlab')
      found = found.filter(
        ({ head, base }) => head === query.get('source_branch') && base === query.get('target_branch'),
      );
    if (query.get('state') !== 'all') found = found.filter(({ state }) => state === 'open');
    const size = Number(query.get('limit') ?? query.get('per_page') ?? 30);
    const from = (Number(query.get('page') ?? 1) - 1) * size;
    const page = found.slice(from, from + size);
    return { body: await Promise.all(page.map(async (one) => shown(one, await has(one.head)))) };
  }

  const view = async (one: HostedPullRequest) => ({ body: shown(one, await has(one.head)) });
  const noted = (one: HostedPullRequest, { body }: LoopbackRequest): LoopbackAnswer => {
    one.comments.push((JSON.parse(body) as { body: string }).body);
    return { status: 201, body: {} };
  };
  const closed = (one: HostedPullRequest, { body }: LoopbackRequest) => {
    if (body !== (kind === 'gitlab' ? '{"state_event":"close"}' : '{"state":"closed"}'))
      return { status: 422 };
    if (one.state === 'open') one.state = 'closed';
    return view(one);
  };
  const [many, comments, verb] =
    kind === 'gitlab'
      ? ['/merge_requests', '/merge_requests/N/notes', 'PUT']
      : ['/pulls', '/issues/N/comments', 'PATCH'];
  const ofOne: Readonly<Record<string, (one: HostedPullRequest, request: LoopbackRequest) => Answered>> = {
    [`GET ${many}/N`]: view,
    [`POST ${comments}`]: noted,
    [`${verb} ${many}/N`]: closed,
  };

  async function answer(request: LoopbackRequest): Promise<LoopbackAnswer | undefined> {
    if (!isAuthorized(kind, token, request)) return { status: 401, body: { message: 'Bad credentials' } };
    if (request.body !== '' && request.headers['content-type'] !== 'application/json') return { status: 415 };
    if (!request.path.startsWith(prefix)) return undefined;
    const rest = request.path.slice(prefix.length);
    if (rest === many) return request.method === 'GET' ? list(request) : create(request);
    const one = pulls[Number(/\d+/.exec(rest)?.[0]) - 1];
    return one && ofOne[`${request.method} ${rest.replace(/\d+/, 'N')}`]?.(one, request);
  }

  const server = await startLoopback((request) => host.intercept(request) ?? answer(request));
  const host: GitHostServer = {
    kind,
    apiUrl: `${server.url}${versions[kind]}`,
    pulls,
    requests: server.requests,
    intercept: () => undefined,
    async merge(number) {
      const one = pulls[number - 1];
      if (one?.state !== 'open') throw new Error(`nothing to merge: ${number}`);
      const git = (...args: readonly string[]) => repository.git(...args);
      await git('fetch', '--quiet', 'origin', one.head, one.base);
      await git('checkout', '--quiet', '-B', one.base, `origin/${one.base}`);
      await git('merge', '--quiet', '--no-ff', '--message', `Merge #${number}`, `origin/${one.head}`);
      await git('push', '--quiet', 'origin', one.base);
      await git('push', '--quiet', 'origin', `:refs/heads/${one.head}`);
      one.state = 'merged';
      one.commit = await git('rev-parse', 'HEAD');
      return one.commit;
    },
    stop: () => server.stop(),
  };
  return host;
}

const otherKeys = ['base', 'body', 'head', 'title'];
const gitlabKeys = ['description', 'remove_source_branch', 'source_branch', 'target_branch', 'title'];

function isAuthorized(kind: GitHostKind, token: string, { headers }: LoopbackRequest): boolean {
  if (kind === 'gitlab') return headers['private-token'] === token;
  return headers.authorization === (kind === 'github' ? `Bearer ${token}` : `token ${token}`);
}

function shownByGitLab(one: HostedPullRequest): object {
  return {
    iid: one.number,
    web_url: `https://git.example.com/org/fleet/-/merge_requests/${one.number}`,
    state: one.state === 'open' ? 'opened' : one.state,
    sha: 'f'.repeat(40),
    merge_commit_sha: one.commit,
    squash_commit_sha: null,
    has_conflicts: one.conflicts,
    source_branch: one.head,
    target_branch: one.base,
  };
}

/** Once its branch is gone, a Gitea names the pull request itself as head, and the branch in the label only. */
function shownByOthers(kind: GitHostKind, owner: string) {
  return (one: HostedPullRequest, branchIsThere: boolean): object => ({
    number: one.number,
    html_url: `https://git.example.com/org/fleet/pulls/${one.number}`,
    state: one.state === 'open' ? 'open' : 'closed',
    merged_at: one.state === 'merged' ? '2026-03-01T12:00:00Z' : null,
    ...(kind === 'gitea' && { merged: one.state === 'merged' }),
    ...(kind === 'github' && { mergeable_state: one.conflicts ? 'dirty' : 'clean' }),
    merge_commit_sha: one.commit,
    base: { ref: one.base, label: kind === 'github' ? `${owner}:${one.base}` : one.base },
    head:
      kind === 'gitea' && !branchIsThere
        ? { ref: `refs/pull/${one.number}/head`, label: one.head }
        : { ref: one.head, label: kind === 'github' ? `${owner}:${one.head}` : one.head },
  });
}

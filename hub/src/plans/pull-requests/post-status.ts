import type { CommitStatus } from '../domain/commit-status.js';
import type { PullRequest } from '../domain/pull-request.js';

export interface StatusTarget {
  readonly pullRequest: PullRequest;
  readonly token: string;
  /** Address of the provider's API. */
  readonly api: string;
}

const context = 'flotilla/plan';
const patienceMs = 15_000;
const longestAnswer = 300;

/** The provider has answered, and would not say anything else another time. */
class RefusedStatusError extends Error {
  override readonly name = 'RefusedStatusError';
}

/** Whether trying again makes no sense. */
export function isPermanent(error: unknown): boolean {
  return error instanceof RefusedStatusError;
}

/** Sets the status of a commit. @throws Error that holds no token */
export async function postStatus(target: StatusTarget, status: CommitStatus): Promise<void> {
  const { url, headers, body } = requestOf(target, status);
  const response = await fetch(url, {
    method: 'POST',
    // A redirect would carry the token to somebody else.
    redirect: 'manual',
    headers: { 'content-type': 'application/json', 'user-agent': 'flotilla-hub', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(patienceMs),
  }).catch((error: unknown) => {
    const { cause, message } = error as Error;
    throw new Error(`${url} does not answer: ${cause instanceof Error ? cause.message : message}`);
  });
  if (response.ok) {
    await response.body?.cancel();
    return;
  }
  const said = (await response.text().catch(() => '')).slice(0, longestAnswer);
  const message = `${url} answered ${response.status}: ${said}`;
  const { status: code } = response;
  if (code === 408 || code === 429 || code >= 500) throw new Error(message);
  throw new RefusedStatusError(message);
}

interface StatusRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

function requestOf({ pullRequest, token, api }: StatusTarget, status: CommitStatus): StatusRequest {
  const { provider, repository, commit } = pullRequest;
  const { state, description } = status;
  if (provider === 'gitlab') {
    return {
      url: `${api}/projects/${encodeURIComponent(repository)}/statuses/${commit}`,
      headers: { 'private-token': token },
      body: { state: state === 'failure' ? 'failed' : state, name: context, description },
    };
  }
  return {
    url: `${api}/repos/${repository}/statuses/${commit}`,
    headers: { authorization: provider === 'github' ? `Bearer ${token}` : `token ${token}` },
    body: { state, context, description },
  };
}

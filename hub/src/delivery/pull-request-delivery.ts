import { GitHostError } from '../platform/git-host/git-host.js';
import type { GitHost } from '../platform/git-host/git-host.js';
import type { DeliveryProgress } from '../promotions/git-delivery.js';
import { promotionBranch, pullRequestText, title } from './domain/delivery-text.js';
import type { DeliveryJob } from './delivery-job.js';
import { done } from './delivery-job.js';
import { makeCommit } from './promotion-commit.js';
import { pullRequests } from './pull-requests.js';
import type { PullRequest, PullRequests } from './pull-requests.js';

/**
 * Opens a pull request from the promotion's own branch, unless it is there, and tells how far it is.
 * @throws ChangeError, GitError, OutgoingError
 */
export async function deliverByPullRequest(job: DeliveryJob): Promise<DeliveryProgress> {
  const { promotion } = job;
  const [api, host] = apiOf(job);
  const known = await pullRequestOf(job, api, host);
  if (known) return progressOf(job, api, known);
  const tip = await pushBranch(job);
  if (tip !== null) return done(job, tip, `${promotion.git.branch} is as it has to be, at ${tip}`);
  return progressOf(job, api, await openOne(job, api, host));
}

/** Closes the pull request of a promotion, saying why, and deletes its branch. @throws GitError, OutgoingError */
export async function withdrawPullRequest(job: DeliveryJob, reason: string): Promise<void> {
  const [api, host] = apiOf(job);
  const known = await pullRequestOf(job, api, host);
  if (known?.state === 'merged') return;
  if (known?.state === 'open') {
    const why = reason === '' ? 'The promotion has ended.' : `The promotion has ended: ${reason}`;
    await api.close(host, known.number, why);
  }
  const writer = await job.mirrors.writer(job.remote);
  await writer.alone(job.signal, (git) => git.deleteBranch(promotionBranch(job.promotion)));
}

function apiOf(job: DeliveryJob): readonly [PullRequests, GitHost] {
  const host = job.host();
  return [pullRequests[host.place.provider], host];
}

/** By the number that is remembered; else, after a kill, by the branch. */
async function pullRequestOf(
  { promotion }: DeliveryJob,
  api: PullRequests,
  host: GitHost,
): Promise<PullRequest | undefined> {
  const number = promotion.memory?.['pullRequest'];
  if (typeof number === 'number') return api.get(host, number);
  const all = await api.find(host, promotionBranch(promotion), promotion.git.branch);
  const [open, merged] = (['open', 'merged'] as const).map((state) => all.find((one) => one.state === state));
  return merged ?? open ?? all[0];
}

/** Puts the commit on the promotion's branch; gives the tip instead where it holds the promotion already. */
async function pushBranch({
  promotion,
  mirrors,
  remote,
  items,
  author,
  signal,
}: DeliveryJob): Promise<string | null> {
  const writer = await mirrors.writer(remote);
  return writer.alone(signal, async (git) => {
    const { tip, commit } = await makeCommit(git, promotion, items, author);
    if (commit === null) return tip;
    await git.replaceBranch(promotionBranch(promotion), commit);
    return null;
  });
}

async function openOne(job: DeliveryJob, api: PullRequests, host: GitHost): Promise<PullRequest> {
  const { promotion } = job;
  const wish = {
    head: promotionBranch(promotion),
    base: promotion.git.branch,
    title: title(promotion),
    text: pullRequestText(promotion),
  };
  try {
    return await api.open(host, wish);
  } catch (error) {
    // Two replicas may be at it.
    const exists = error instanceof GitHostError && (error.status === 409 || error.status === 422);
    const other = exists ? await pullRequestOf(job, api, host) : undefined;
    if (other) return other;
    throw error;
  }
}

function progressOf(job: DeliveryJob, api: PullRequests, one: PullRequest): DeliveryProgress {
  const { branch } = job.promotion.git;
  const name = `pull request ${api.sign}${one.number}`;
  const memory = { pullRequest: one.number };
  if (one.state === 'closed')
    return { phase: 'fail', message: `${name} was closed without a merge: ${one.url}` };
  if (one.state === 'open') {
    const conflicts = one.conflicts ? `, in conflict with ${branch}` : '';
    return { phase: 'wait', message: `${name} is open${conflicts}: ${one.url}`, memory };
  }
  if (one.base !== branch)
    return { phase: 'fail', message: `${name} was merged into ${one.base}, not ${branch}: ${one.url}` };
  if (one.commit === null)
    return { phase: 'wait', message: `${name} is merged; its commit is not known yet`, memory };
  return done(job, one.commit, `${name} is merged: ${one.url}`);
}

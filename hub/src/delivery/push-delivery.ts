import { setTimeout } from 'node:timers/promises';
import type { DeliveryProgress } from '../promotions/git-delivery.js';
import { promotionTrailer } from '../releases/domain/own-commits.js';
import type { DeliveryJob } from './delivery-job.js';
import { done } from './delivery-job.js';
import { makeCommit } from './promotion-commit.js';

const attempts = 8;
const pauseMs = 200;

/**
 * Commits on the branch itself. Whoever was faster is built upon; a commit of the promotion that is there already,
 * from before a kill or an answer that was lost, is the one. @throws ChangeError, GitError
 */
export async function deliverByPush(job: DeliveryJob): Promise<DeliveryProgress> {
  const { promotion, remote, mirrors, items, author, signal } = job;
  const { branch } = promotion.git;
  const history = await mirrors.of(remote, 'commits');
  const writer = await mirrors.writer(remote);
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const before = await history.findTrailer(branch, [promotionTrailer, promotion.id], signal);
    if (before !== null) return done(job, before, `${branch} has the commit ${before}`);
    const outcome = await writer.alone(signal, async (git) => {
      const { tip, commit } = await makeCommit(git, promotion, items, author);
      if (commit === null) return { commit: tip, result: 'nothing' as const };
      return { commit, result: await git.push(commit, branch, tip) };
    });
    if (outcome.result === 'nothing')
      return done(job, outcome.commit, `${branch} is as it has to be, at ${outcome.commit}`);
    if (outcome.result === 'pushed')
      return done(job, outcome.commit, `committed ${outcome.commit} to ${branch}`);
    await setTimeout(pauseMs * attempt * (0.5 + Math.random()), undefined, { signal });
  }
  return {
    phase: 'wait',
    message: `${branch} moves faster than a commit can be pushed; tried ${attempts} times`,
  };
}

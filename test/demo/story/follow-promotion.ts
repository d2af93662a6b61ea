// Follows releases through environments, as a person with the API would.
import { setTimeout as sleep } from 'node:timers/promises';
import type { HubApi, PromotionView, ReleaseView, RolloutView } from '../hub-api.js';
import type { Progress } from '../progress.js';

const ends = ['Promoted', 'Superseded', 'Failed', 'Aborted', 'RolledBack'];
const timeoutMs = 180_000;

/** Waits for the release that holds the commit. */
export async function releaseOf(api: HubApi, commit: string): Promise<ReleaseView> {
  return until(`a release of ${commit.slice(0, 8)}`, async () => {
    const releases = await api.releases('fleet');
    return releases.find(({ items }) => items.some(({ revision }) => revision.endsWith(commit)));
  });
}

/**
 * Waits until the promotion of the release to the environment has come so far, telling what it waits for meanwhile.
 * Ends that were not asked for are errors.
 */
export async function promotionUntil(
  api: HubApi,
  progress: Progress,
  release: string,
  environment: string,
  reached: (promotion: PromotionView) => boolean,
): Promise<PromotionView> {
  let said = '';
  return until(`${release} in ${environment}`, async () => {
    const promotion = (await api.promotions('fleet', environment)).find((one) => one.release === release);
    if (!promotion) return undefined;
    if (reached(promotion)) return promotion;
    if (ends.includes(promotion.state))
      throw new Error(`${release} in ${environment} ended as ${promotion.state}: ${promotion.reason}`);
    const text = describe(promotion);
    if (text !== said) progress.say(`  ${environment}: ${text}`);
    said = text;
    return undefined;
  });
}

/** Waits until the rollout has ended, telling how its waves go. */
export async function rolloutUntilEnd(api: HubApi, progress: Progress, id: string): Promise<RolloutView> {
  let said = '';
  return until(`rollout ${id}`, async () => {
    const rollout = await api.rollout(id);
    const text = rollout.members.map(memberText).join(', ');
    if (text !== said) progress.say(`  prod, wave ${rollout.wave ?? '-'}: ${text}`);
    said = text;
    return rollout.finishedAt === null ? undefined : rollout;
  });
}

/** What is wrong with a cluster is told, too. */
function memberText({ cluster, state, message }: RolloutView['members'][number]): string {
  return state === 'Failed' ? `${cluster} Failed: ${message}` : `${cluster} ${state}`;
}

function describe({ state, waitingFor, rollout }: PromotionView): string {
  if (waitingFor !== '') return `${state}, waits for ${waitingFor}`;
  const clusters = Object.entries(rollout?.clusters ?? {}).map(([word, count]) => `${count} ${word}`);
  return clusters.length > 0 ? `${state} (${clusters.join(', ')})` : state;
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not there after ${timeoutMs / 1000} s`);
    await sleep(100);
  }
}

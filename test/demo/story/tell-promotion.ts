// A good commit: to dev by itself, to staging after its soak, to prod when somebody approves, in two waves.
import type { DemoFleet } from '../demo-fleet.js';
import { fleetFiles } from '../fleet-repository.js';
import type { PromotionView, RolloutView } from '../hub-api.js';
import type { Progress } from '../progress.js';
import { promotionUntil, releaseOf, rolloutUntilEnd } from './follow-promotion.js';

/** What happened to the good commit; milliseconds count from its push. */
export interface PromotionResult {
  release: string;
  revision: string;
  environments: Array<{ name: string; state: string; promotedMs: number }>;
  approval: { waitedFor: string; approvedBy: string[]; approvedMs: number };
  waves: Array<{ name: string; clusters: string[]; state: string }>;
  /** From the approval until prod was promoted. */
  prodMs: number;
}

export async function tellPromotion(fleet: DemoFleet, progress: Progress): Promise<PromotionResult> {
  const path = 'apps/base/deployment.yaml';
  const manifest = fleetFiles()[path]!.replace('greeter:1.0.0', 'greeter:1.2.0');
  const revision = await fleet.repository.commit({ [path]: manifest }, 'Update the greeter to 1.2.0');
  const pushed = Date.now();
  const told = progress.step(`pushed commit ${revision.slice(0, 8)}: greeter 1.2.0; the pipeline takes over`);
  const { name: release } = await releaseOf(fleet.api, revision);
  progress.say(`  it is release ${release}`);
  const environments: PromotionResult['environments'] = [];
  for (const name of ['dev', 'staging']) {
    await promotionUntil(fleet.api, progress, release, name, isPromoted);
    environments.push({ name, state: 'Promoted', promotedMs: Date.now() - pushed });
  }
  const waiting = await promotionUntil(fleet.api, progress, release, 'prod', waitsForApproval);
  progress.say(`  prod: waits for ${waiting.waitingFor}; approving it`);
  const approved = Date.now();
  await fleet.approver.approve(waiting.id, 'looked at staging');
  const { rollout } = await promotionUntil(
    fleet.api,
    progress,
    release,
    'prod',
    (one) => one.rollout !== null,
  );
  const ended = await rolloutUntilEnd(fleet.api, progress, rollout!.id);
  const promoted = await promotionUntil(fleet.api, progress, release, 'prod', isPromoted);
  environments.push({ name: 'prod', state: promoted.state, promotedMs: Date.now() - pushed });
  told();
  return {
    release,
    revision,
    environments,
    approval: {
      waitedFor: waiting.waitingFor,
      approvedBy: promoted.approvals.map(({ by }) => by),
      approvedMs: approved - pushed,
    },
    waves: wavesOf(ended),
    prodMs: Date.now() - approved,
  };
}

export function isPromoted({ state }: PromotionView): boolean {
  return state === 'Promoted';
}

/** Nothing but an approval is missing. */
export function waitsForApproval({ gates }: PromotionView): boolean {
  const shut = gates.filter(({ phase }) => phase !== 'pass');
  return shut.length === 1 && shut[0]!.type === 'approval';
}

export function wavesOf({ waves, members }: RolloutView): PromotionResult['waves'] {
  return waves.map(({ name, state }) => ({
    name,
    state,
    clusters: members.filter(({ wave }) => wave === name).map(({ cluster }) => cluster),
  }));
}

// A bad commit: fine in dev and staging, broken in prod. The canary stops it, and goes back by itself.
import type { DemoFleet } from '../demo-fleet.js';
import { fleetFiles } from '../fleet-repository.js';
import type { Progress } from '../progress.js';
import { promotionUntil, releaseOf, rolloutUntilEnd } from './follow-promotion.js';
import { waitsForApproval, wavesOf } from './tell-promotion.js';

/** What happened to the bad commit. */
export interface RollbackResult {
  release: string;
  revision: string;
  state: string;
  reason: string;
  /** Where it was stopped. */
  stoppedAt: string;
  touched: string[];
  untouched: string[];
  vetoed: boolean;
  /** Where the touched clusters are again. */
  backAt: string;
  /** From the approval until all touched clusters were back and ready. */
  rolledBackMs: number;
}

const brokenImage = `images:
  - name: registry.example/greeter
    newTag: fail
`;

export async function tellRollback(
  fleet: DemoFleet,
  progress: Progress,
  good: string,
): Promise<RollbackResult> {
  const path = 'apps/prod/kustomization.yaml';
  const overlay = fleetFiles()[path]!;
  const revision = await fleet.repository.commit(
    { [path]: overlay + brokenImage },
    'Try a new greeter in prod',
  );
  const told = progress.step(
    `pushed commit ${revision.slice(0, 8)}: a greeter that crashes, but only in prod; somebody approves it`,
  );
  const { name: release } = await releaseOf(fleet.api, revision);
  const waiting = await promotionUntil(fleet.api, progress, release, 'prod', waitsForApproval);
  const approved = Date.now();
  await fleet.approver.approve(waiting.id, 'looks fine in staging');
  const { rollout } = await promotionUntil(
    fleet.api,
    progress,
    release,
    'prod',
    (one) => one.rollout !== null,
  );
  const ended = await rolloutUntilEnd(fleet.api, progress, rollout!.id);
  const promotion = await promotionUntil(
    fleet.api,
    progress,
    release,
    'prod',
    ({ state }) => state === 'RolledBack',
  );
  await prodIsReadyOn(fleet, good);
  told();
  const touched = ended.members.filter(({ beganAt }) => beganAt !== null).map(({ cluster }) => cluster);
  const untouched = ended.members.filter(({ beganAt }) => beganAt === null).map(({ cluster }) => cluster);
  const stoppedAt = wavesOf(ended).find(({ clusters }) =>
    clusters.some((name) => touched.includes(name)),
  )!.name;
  const { vetoed } = await releaseOf(fleet.api, revision);
  const { state, reason } = promotion;
  const rolledBackMs = Date.now() - approved;
  return {
    release,
    revision,
    state,
    reason,
    stoppedAt,
    touched,
    untouched,
    vetoed,
    backAt: good,
    rolledBackMs,
  };
}

async function prodIsReadyOn(fleet: DemoFleet, commit: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const prod = (await fleet.api.clusters()).filter(({ name }) => name.startsWith('prod'));
    if (prod.every(({ ready, revision }) => ready && revision?.endsWith(commit))) return;
    if (Date.now() > deadline) {
      const reasons = prod.map(
        ({ name, revision, reason }) => `${name} on ${revision}: ${reason || 'ready'}`,
      );
      throw new Error(`prod is not back on ${commit}: ${reasons.join('; ')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

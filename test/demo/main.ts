// The demo: a fleet of four clusters on this machine, shown to a person or reported as JSON.
import { type DemoFleet, startDemoFleet } from './demo-fleet.js';
import { fleetFiles } from './fleet-repository.js';
import { LiveTable } from './fleet-table.js';
import { createProgress, type Progress } from './progress.js';
import { type DemoResult, show } from './show.js';
import { promotionUntil, releaseOf } from './story/follow-promotion.js';
import { waitsForApproval } from './story/tell-promotion.js';

export interface DemoOptions {
  /** End after the show. */
  once: boolean;
  /** Print the result as one JSON document, the last thing on stdout. */
  json: boolean;
}

/** Runs the demo. Gives the exit code: 0 only if everything that it shows has happened. */
export async function main(options: DemoOptions): Promise<number> {
  const progress = createProgress();
  const interrupted = untilInterrupted();
  let fleet: DemoFleet | undefined;
  try {
    fleet = await startDemoFleet(progress);
    const table = new LiveTable(options.json ? process.stderr : process.stdout);
    const result = await Promise.race([show(fleet, table, progress), interrupted]);
    if (result === 'interrupted') return 130;
    if (!options.once) {
      const offered = await Promise.race([offerRelease(fleet, progress), interrupted]);
      if (offered !== 'interrupted') {
        // Approvals are given in somebody's name: the first token of a hub belongs to nobody.
        const token = await fleet.api.createApiToken('you', ['you@example.test'], 'admin');
        invite(fleet, result, offered.release, token);
        await interrupted;
      }
    }
    if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    if (fleet) process.stderr.write('demo: set FLOTILLA_KEEP=1 to keep the logs of all servers\n');
    return 1;
  } finally {
    progress.say('stopping everything');
    await fleet?.stop();
  }
}

/** Takes the mistake out of the repository, and lets the release of it come as far as a person has to approve it. */
async function offerRelease(fleet: DemoFleet, progress: Progress): Promise<{ readonly release: string }> {
  const offered = progress.step('taking the mistake out; the release of that will wait for you');
  const path = 'apps/prod/kustomization.yaml';
  const commit = await fleet.repository.commit(
    { [path]: fleetFiles()[path]! },
    'Take the new greeter out of prod',
  );
  const { name: release } = await releaseOf(fleet.api, commit);
  await promotionUntil(fleet.api, progress, release, 'prod', waitsForApproval);
  offered();
  return { release };
}

function invite(fleet: DemoFleet, result: DemoResult, release: string, token: string): void {
  const prod = fleet.clusters.get('prod')!;
  process.stdout.write(`
The fleet is up. A commit reached all clusters in ${result.commit.reachedAllMs} ms; a manual change stood for ${result.drift.correctedMs} ms.
Then a pipeline took over: ${result.promotion.release} went through dev and staging to both waves of prod; ${result.rollback.release} was stopped at
the ${result.rollback.stoppedAt}, which was back on the release before ${Math.round(result.rollback.rolledBackMs / 1000)} s after the approval. ${release} takes the mistake out, and waits for you.

  hub      ${fleet.hub.url}
  token    ${token}

Three things to try in another terminal, in this folder:

  npx flotilla login --hub ${fleet.hub.url} --token ${token}

  1. npx flotilla get promotions
     npx flotilla approve ${release} --to prod --wait
  2. FLEET=${fleet.repository.folder}
     sed -i s/1.2.0/1.3.0/ $FLEET/apps/base/deployment.yaml && git -C $FLEET commit -qam 'Update to 1.3.0' && git -C $FLEET push -q
     npx flotilla where $(git -C $FLEET rev-parse HEAD)
     (with the image tag "fail" instead of 1.3.0 no Pod becomes ready, and dev is as far as it comes)
  3. KUBECONFIG=${prod.kubeconfig} npx flotilla tree kustomization apps

Interrupt (Ctrl-C) to stop everything.
`);
}

function untilInterrupted(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('interrupted'));
  });
}

// The demo: a fleet of four clusters on this machine, shown to a person or reported as JSON.
import { type DemoFleet, startDemoFleet } from './demo-fleet.js';
import { fleetFiles } from './fleet-repository.js';
import { LiveTable } from './fleet-table.js';
import { createProgress } from './progress.js';
import { type DemoResult, show } from './show.js';
import { releaseOf } from './story/follow-promotion.js';

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
      const release = await offerRelease(fleet);
      invite(fleet, result, release);
      await interrupted;
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

/** Takes the mistake out of the repository; what comes of it waits for a person. */
async function offerRelease(fleet: DemoFleet): Promise<string> {
  const path = 'apps/prod/kustomization.yaml';
  const commit = await fleet.repository.commit(
    { [path]: fleetFiles()[path]! },
    'Take the new greeter out of prod',
  );
  return (await releaseOf(fleet.api, commit)).name;
}

function invite(fleet: DemoFleet, result: DemoResult, release: string): void {
  const prod = fleet.clusters.get('prod')!;
  process.stdout.write(`
The fleet is up. A commit reached all clusters in ${result.commit.reachedAllMs} ms; a manual change stood for ${result.drift.correctedMs} ms.
Then a pipeline took over: ${result.promotion.release} went through dev and staging to both waves of prod; ${result.rollback.release} was stopped at
the ${result.rollback.stoppedAt}, which was back on the release before ${Math.round(result.rollback.rolledBackMs / 1000)} s after the approval. ${release} takes the mistake out, and waits for you.

  hub      ${fleet.hub.url}
  token    ${fleet.hub.adminToken}

Three things to try in another terminal, in this folder:

  npx flotilla login --hub ${fleet.hub.url} --token ${fleet.hub.adminToken}

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

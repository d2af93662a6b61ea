import type { Command } from 'commander';
import { openHub } from '../hub/open-hub.js';
import type { Cluster, FleetEvent, FleetObject } from '../hub/schema.js';
import { eventsTable } from '../hub/tables/events-table.js';
import { freshnessCell, healthCell, readyCell, syncCell } from '../hub/tables/axis-cells.js';
import { labelsText } from '../hub/tables/labels-text.js';
import { objectsTable } from '../hub/tables/objects-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import { ago } from '../output/age.js';
import { printFacts, printSection } from '../output/print-section.js';
import type { Cell } from '../output/table.js';
import type { Runtime } from '../runtime.js';

const newestEvents = 10;

/** `describe cluster NAME`. */
export function addDescribeCluster(group: Command, runtime: Runtime): void {
  group
    .command('cluster <name>')
    .description('A cluster, the objects of it that are not ready, and its newest events')
    .addHelpText('after', '\n  flotilla describe cluster prod')
    .action(async (name: string, _options, leaf: Command) => describe(runtime, name, leaf.optsWithGlobals()));
}

async function describe(runtime: Runtime, name: string, options: GlobalOptions): Promise<void> {
  const hub = await openHub(runtime, options);
  const [cluster, notReady, events] = await Promise.all([
    hub.cluster(name),
    hub.objects({ cluster: name, ready: false }),
    hub.events({ cluster: name }, newestEvents),
  ]);
  const now = hub.now(runtime.now());
  printFacts(runtime, clusterFacts(cluster, now));
  printSection(runtime, 'Not ready', objectsTable(notReady.items as FleetObject[], now, false));
  printSection(runtime, 'Newest events', eventsTable((events.items as FleetEvent[]).toReversed(), now));
}

/** The facts of a cluster, one a row. */
export function clusterFacts(cluster: Cluster, now: Date): Cell[][] {
  const { objects, certificateExpiresAt } = cluster;
  return [
    ['Name:', cluster.name],
    ['Labels:', labelsText(cluster.labels)],
    ['Ready:', readyCell(cluster.ready, cluster)],
    ['Reason:', cluster.reason || '-'],
    ['Sync:', syncCell(cluster)],
    ['Health:', healthCell(cluster)],
    ['Freshness:', freshnessCell(cluster.freshness)],
    ['Observed:', cluster.observedAt ? `${ago(cluster.observedAt, now)} (${cluster.observedAt})` : 'never'],
    ['Intent:', cluster.intent],
    ['Revision:', cluster.revision ?? '-'],
    [
      'Objects:',
      `${objects.total}: ${objects.ready} ready, ${objects.failed} failed, ${objects.suspended} suspended`,
    ],
    ['Connected:', cluster.connected ? 'True' : 'False'],
    ['Revoked:', cluster.revoked ? { text: 'True', tone: 'bad' } : 'False'],
    ['Agent:', cluster.agentVersion || '-'],
    ['Kubernetes:', cluster.kubernetesVersion || '-'],
    ['Enrolled:', `${ago(cluster.enrolledAt, now)} (${cluster.enrolledAt})`],
    ['Certificate:', certificateExpiresAt ? `until ${certificateExpiresAt}` : '-'],
  ];
}

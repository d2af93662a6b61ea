// The agent as its command line composes it, in this process, for the objects of one file of rows.
import { randomBytes } from 'node:crypto';
import { delimiter, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentFlags, agentPrefix } from '@flotilla/agent/config/agent-flags';
import { allKinds } from '@flotilla/common/api/all-kinds';
import { customResourceDefinition } from '@flotilla/common/api/crd';
import { givenByKey, readFlags } from '@flotilla/common/flags/flag';
import { runAgent } from '@flotilla/agent/run-agent';
import type { Cluster } from '../../servers/cluster.js';
import { startGitServer, type GitServer } from '../../servers/git-server.js';
import { freePorts } from '../../servers/ports.js';
import { rigPrograms } from '../../servers/programs.js';
import { sharedControlPlane } from '../../servers/shared/shared-servers.js';
import { temporaryFolder } from '../../servers/temporary-folder.js';
import { waitFor } from '../../servers/wait-for.js';
import { type EventCollector, startEventCollector } from './event-collector.js';
import { applyAs } from './objects.js';

/** All that the rows of a file share. */
export interface ConformanceRig {
  readonly cluster: Cluster;
  readonly git: GitServer;
  readonly events: EventCollector;
  /** On every object that this agent reconciles. */
  readonly labels: Readonly<Record<string, string>>;
  readonly healthUrl: string;
  readonly metricsUrl: string;
  readonly storagePath: string;
  /** Stops the agent and starts it again with other flags, e.g. `{ concurrent: '1' }`. */
  restart(flags?: Flags): Promise<void>;
  stop(): Promise<void>;
}

/** By flag name in camel case. */
export type Flags = Readonly<Record<string, string>>;

export interface RigOptions {
  /** Default: the run's shared control plane. Nothing here stops it. */
  readonly cluster?: Cluster;
  readonly flags?: Flags;
  /** Another agent for the objects of this rig, as one shard beside others. */
  readonly beside?: ConformanceRig;
  /** Which of those objects are the agent's; default: all. */
  readonly selector?: string;
}

/** The agent looks for kubectl, which holds kustomize, in PATH: a program that is named would build everything. */
async function findKubectlInPath(): Promise<void> {
  const folder = dirname((await rigPrograms()).kubectl);
  const present = process.env['PATH'] ?? '';
  if (!present.split(delimiter).includes(folder)) process.env['PATH'] = folder + delimiter + present;
}

/** Starts a Git server, a receiver of events and the agent, on the cluster that all rows share. */
export async function startConformanceRig(options: RigOptions = {}): Promise<ConformanceRig> {
  const cluster = options.cluster ?? (await sharedControlPlane());
  const [git, events, ports] = await Promise.all([startGitServer(), startEventCollector(), freePorts(2)]);
  await installKinds(cluster);
  const folder = temporaryFolder('conformance');
  const shard = options.beside?.labels['conformance'] ?? randomBytes(4).toString('hex');
  const selector = [`conformance=${shard}`, ...(options.selector ? [options.selector] : [])];
  await findKubectlInPath();
  const base: Flags = {
    kubeconfig: cluster.kubeconfig,
    storagePath: folder.path,
    storageAddr: '127.0.0.1:0',
    healthAddr: `127.0.0.1:${ports[0]}`,
    metricsAddr: `127.0.0.1:${ports[1]}`,
    eventsAddr: events.address,
    watchLabelSelector: selector.join(','),
    kubeApiQps: '0',
    concurrent: '40',
    sourceConcurrent: '12',
    requeueDependency: '1s',
    minRetryDelay: '200ms',
    maxRetryDelay: '2s',
    logLevel: 'error',
    ...options.flags,
  };
  const healthUrl = `http://127.0.0.1:${ports[0]}`;
  let stopAgent = await startAgent(base, healthUrl);
  return {
    cluster,
    git,
    events,
    labels: { conformance: shard },
    healthUrl,
    metricsUrl: `http://127.0.0.1:${ports[1]}/metrics`,
    storagePath: folder.path,
    async restart(flags = {}) {
      await stopAgent();
      stopAgent = await startAgent({ ...base, ...flags }, healthUrl);
    },
    async stop() {
      await stopAgent();
      await Promise.all([git.stop(), events.stop()]);
      folder.remove();
    },
  };
}

async function startAgent(flags: Flags, healthUrl: string): Promise<() => Promise<void>> {
  const config = readFlags(agentPrefix, agentFlags, givenByKey(agentFlags, flags), {});
  const stopping = new AbortController();
  let failure: unknown;
  const running = runAgent(config, stopping.signal).catch((error: unknown) => {
    failure = error;
  });
  await waitFor('the agent to be ready', async () => {
    if (failure) return true;
    return (await fetch(`${healthUrl}/readyz`)).ok;
  });
  if (failure) throw failure as Error;
  return async () => {
    stopping.abort();
    await Promise.race([running, sleep(15_000, undefined, { ref: false })]);
  };
}

export async function installKinds(cluster: Cluster): Promise<void> {
  for (const kind of allKinds) await applyAs(cluster.kube, 'test', customResourceDefinition(kind));
  for (const { group, plural, versions } of allKinds) {
    for (const { name } of versions) {
      const path = `/apis/${group}/${name}/${plural}?limit=1`;
      await waitFor(path, async () => (await cluster.kube.send({ path })).status === 200);
    }
  }
}

// The servers that all files of a test run share. Use them where a test keeps to a namespace or database of its own;
// a test that kills servers, or whose agent watches the whole cluster, starts its own.
import { openCluster } from '../cluster.js';
import type { Cluster, ClusterFacts } from '../cluster.js';
import { databasesOf } from '../databases.js';
import type { Databases } from '../databases.js';
import { brokerVariable } from './rig-broker.js';

/** The run's control plane, with the workload simulator. Nothing has to be stopped. */
export async function sharedControlPlane(): Promise<Cluster> {
  return openCluster(await ask<ClusterFacts>('/control-plane'));
}

/** The run's PostgreSQL: make a database of your own, best from a template. Nothing has to be stopped. */
export async function sharedPostgres(): Promise<Databases & { readonly url: string }> {
  const { url } = await ask<{ url: string }>('/postgres');
  return { url, ...databasesOf(url) };
}

async function ask<T>(path: string): Promise<T> {
  const broker = process.env[brokerVariable];
  if (!broker)
    throw new Error(
      `${brokerVariable} is not set: shared servers exist only in vitest's integration project`,
    );
  const response = await fetch(`${broker}${path}`);
  if (!response.ok) throw new Error(`shared server ${path}: ${await response.text()}`);
  return (await response.json()) as T;
}

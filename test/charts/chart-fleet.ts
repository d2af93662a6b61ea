// A hub and an agent as their charts make them: the hub with its Secrets, the agent with its ServiceAccount.
import { mkdirSync } from 'node:fs';
import type { Cluster } from '../servers/cluster.js';
import { helmFor } from '../servers/helm.js';
import { freePorts } from '../servers/ports.js';
import type { ServerProcess } from '../servers/server-process.js';
import { deploy, type Release, type Values } from './charts.js';
import { secretData, startPodProcess } from './pod-process.js';

export interface HubPorts {
  readonly http: number;
  readonly grpc: number;
  readonly enroll: number;
}

export interface ChartHub {
  readonly ports: HubPorts;
  /** Calls the REST API with the token of the chart's Secret. */
  api<T>(path: string, body?: unknown): Promise<T>;
  joinToken(): Promise<string>;
  readonly process: ServerProcess;
}

/** Installs the chart of the hub, or upgrades it, and runs what its StatefulSet says. */
export async function startChartHub(cluster: Cluster, folder: string, given?: HubPorts): Promise<ChartHub> {
  const [http, grpc, enroll] = await freePorts(3);
  const ports = given ?? { http: http!, grpc: grpc!, enroll: enroll! };
  const release: Release = { helm: await helmFor(cluster), namespace: 'flotilla', chart: 'flotilla-hub' };
  await deploy(release, { publicEndpoint: `127.0.0.1:${ports.grpc}` });
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const url = `http://127.0.0.1:${ports.http}`;
  const server = await startPodProcess({
    cluster,
    workload: 'statefulsets',
    namespace: 'flotilla',
    name: 'flotilla-hub',
    program: 'hub',
    folder,
    args: [
      `--http-addr=127.0.0.1:${ports.http}`,
      `--grpc-addr=127.0.0.1:${ports.grpc}`,
      `--enroll-addr=127.0.0.1:${ports.enroll}`,
    ],
    readyAt: url,
  });
  const secret = await secretData(cluster, 'flotilla', 'flotilla-hub-admin-token');
  const api = apiOf(`${url}/api/v1`, secret?.['admin-token'] ?? '');
  return {
    ports,
    api,
    joinToken: async () => (await api<{ token: string }>('/join-tokens', {})).token,
    process: server,
  };
}

function apiOf(url: string, token: string) {
  return async <T>(path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
}

/** Installs the chart of the agent with these values. */
export async function installAgent(cluster: Cluster, values: Values): Promise<void> {
  const release: Release = {
    helm: await helmFor(cluster),
    namespace: 'flux-system',
    chart: 'flotilla-agent',
  };
  await deploy(release, values);
}

/** Runs what the Deployment of the agent says, as its ServiceAccount and with no other right. */
export async function startChartAgent(
  cluster: Cluster,
  folder: string,
): Promise<ServerProcess & { readonly log: string }> {
  mkdirSync(folder, { recursive: true });
  const token = await cluster.serviceAccountToken('flux-system', 'flotilla-agent');
  const [health, metrics] = await freePorts(2);
  return startPodProcess({
    cluster,
    workload: 'deployments',
    namespace: 'flux-system',
    name: 'flotilla-agent',
    program: 'agent',
    folder,
    args: [
      `--kubeconfig=${cluster.kubeconfigFor({ token })}`,
      '--storage-addr=127.0.0.1:0',
      `--health-addr=127.0.0.1:${health}`,
      `--metrics-addr=127.0.0.1:${metrics}`,
    ],
    readyAt: `http://127.0.0.1:${health}`,
  });
}

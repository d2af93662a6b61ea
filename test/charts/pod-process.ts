// Runs what a chart's workload would run in its Pod as a process on this machine: the same arguments, variables, Secrets
// and volumes, read from the API server. Only paths and ports differ.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cluster } from '../servers/cluster.js';
import { rigPrograms } from '../servers/programs.js';
import { repositoryRoot } from '../servers/repository-root.js';
import { startServerProcess, type ServerProcess } from '../servers/server-process.js';

interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly secretKeyRef?: { readonly name: string; readonly key: string; readonly optional?: boolean };
  };
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly EnvironmentVariable[];
  readonly volumeMounts: ReadonlyArray<{ readonly name: string; readonly mountPath: string }>;
}

interface Workload {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly [Container];
        readonly volumes: ReadonlyArray<{
          readonly name: string;
          readonly secret?: { readonly secretName: string };
        }>;
      };
    };
  };
}

export interface PodProcessOptions {
  readonly cluster: Cluster;
  readonly workload: 'deployments' | 'statefulsets';
  readonly namespace: string;
  readonly name: string;
  readonly program: 'agent' | 'hub';
  /** Gets a folder for each volume, and the log; used again, it stands for volumes that outlived their Pod. */
  readonly folder: string;
  /** What only this machine needs: addresses and the kubeconfig. */
  readonly args: readonly string[];
  /** Base URL of the server with /readyz. */
  readonly readyAt: string;
}

/** Starts the process and waits until it is ready. */
export async function startPodProcess(
  options: PodProcessOptions,
): Promise<ServerProcess & { readonly log: string }> {
  const { cluster, workload, namespace, name, program, folder, readyAt } = options;
  const path = `/apis/apps/v1/namespaces/${namespace}/${workload}/${name}`;
  const { spec } = (await cluster.kube.call<Workload>({ path })).spec.template;
  const [container] = spec.containers;
  const mounts = await layOutVolumes(options, spec.volumes, container);
  const { kubectl } = await rigPrograms();
  const log = join(folder, 'log');
  const server = await startServerProcess({
    name: `${program} of ${workload} ${name}`,
    command: process.execPath,
    args: [
      join(repositoryRoot(), program, 'bin', `flotilla-${program}.js`),
      ...container.args.map((arg) => moved(arg, mounts)),
      ...options.args,
    ],
    env: {
      PATH: `${dirname(kubectl)}:${process.env['PATH'] ?? ''}`,
      TMPDIR: mounts.get('/tmp'),
      ...(await environmentOf(options, container.env)),
    },
    cwd: folder,
    log,
    ready: async () => (await fetch(`${readyAt}/readyz`)).ok,
  });
  return { ...server, log };
}

/** Makes a folder for each mount, with the files of its Secret where it is one; returns mount path -> folder. */
async function layOutVolumes(
  { cluster, namespace, folder }: PodProcessOptions,
  volumes: Workload['spec']['template']['spec']['volumes'],
  { volumeMounts }: Container,
): Promise<Map<string, string>> {
  const mounts = new Map<string, string>();
  for (const { name, mountPath } of volumeMounts) {
    const target = join(folder, name);
    mkdirSync(target, { recursive: true, mode: 0o711 });
    mounts.set(mountPath, target);
    const secret = volumes.find((volume) => volume.name === name)?.secret;
    if (!secret) continue;
    const data = (await secretData(cluster, namespace, secret.secretName)) ?? {};
    for (const [key, value] of Object.entries(data)) writeFileSync(join(target, key), value, { mode: 0o440 });
  }
  return mounts;
}

/** `--flag=/mount/file` with the folder that stands for the mount. */
function moved(arg: string, mounts: ReadonlyMap<string, string>): string {
  const [, flag = '', mount = '', rest = ''] = /^(--[^=]+=)(\/[^/]+)(.*)$/.exec(arg) ?? [];
  const target = mounts.get(mount);
  return target === undefined ? arg : `${flag}${target}${rest}`;
}

async function environmentOf(
  { cluster, namespace, name }: PodProcessOptions,
  variables: readonly EnvironmentVariable[],
): Promise<Record<string, string>> {
  const fields: Record<string, string> = {
    'metadata.namespace': namespace,
    'metadata.name': `${name}-0`,
    'status.podIP': '127.0.0.1',
  };
  const result: Record<string, string> = {};
  for (const { name: variable, value, valueFrom } of variables) {
    const { fieldRef, secretKeyRef } = valueFrom ?? {};
    const secret = secretKeyRef && (await secretData(cluster, namespace, secretKeyRef.name));
    const text = value ?? fields[fieldRef?.fieldPath ?? ''] ?? secret?.[secretKeyRef?.key ?? ''];
    if (text !== undefined) result[variable] = text;
    else if (!secretKeyRef?.optional) throw new Error(`${variable} has no value`);
  }
  return result;
}

/** The decoded data of a Secret; undefined when there is none. */
export async function secretData(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<Record<string, string> | undefined> {
  const { status, body } = await cluster.kube.send({
    path: `/api/v1/namespaces/${namespace}/secrets/${name}`,
  });
  if (status === 404) return undefined;
  const { data = {} } = body as { data?: Record<string, string> };
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

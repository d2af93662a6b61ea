// A real Kubernetes control plane on loopback: etcd, kube-apiserver and kube-controller-manager, without nodes.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApiserver } from './apiserver.js';
import { openCluster } from './cluster.js';
import type { Cluster } from './cluster.js';
import { startControllerManager } from './controller-manager.js';
import { startEtcd } from './etcd.js';
import { writeKubeconfig } from './kubeconfig.js';
import { kubeRequester } from './kube-request.js';
import type { KubeAccess } from './kube-request.js';
import { startWorkloadSimulator } from './workload-simulator.js';
import { temporaryFolder } from './temporary-folder.js';

/** A user that the API server knows by a static token. RBAC decides what it may do. */
export interface StaticUser {
  readonly name: string;
  readonly groups?: readonly string[];
}

export interface ControlPlaneOptions {
  /** Name of the kubeconfig context. Default: `test`. */
  readonly name?: string;
  /** Run the controller manager: ReplicaSets, Pods, garbage collection, namespace deletion. Default: true. */
  readonly controllerManager?: boolean;
  readonly users?: readonly StaticUser[];
  /** Run the workload simulator too, so that Pods become ready (see pod-status.ts). Default: false. */
  readonly workloads?: boolean;
  /** An etcd to share, with a prefix of its own; without it the control plane starts one. */
  readonly etcd?: { readonly url: string; readonly prefix: string };
  /** Further flags of kube-apiserver. */
  readonly apiserverFlags?: readonly string[];
}

export interface ControlPlane extends Cluster {
  /** Kills the API server without grace and leaves it down; its port stays reserved for `restartApiserver`. */
  killApiserver(): Promise<void>;
  /** Starts the API server again on the same port with the same data, after killing it if it runs. */
  restartApiserver(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a control plane; about 3 s until it is ready. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const name = options.name ?? 'test';
  const folder = temporaryFolder(`control-plane-${name}`);
  const stops: (() => Promise<void> | void)[] = [() => folder.remove()];
  const stop = async () => {
    for (const end of stops.splice(0).toReversed()) await end();
  };
  try {
    const etcd = options.etcd ?? { ...(await started(startEtcd(), stops)), prefix: '/registry' };
    const tokens = writeCredentials(folder.path, options.users ?? []);
    const controllers = options.controllerManager ?? true;
    const apiserver = await started(
      startApiserver({
        folder: folder.path,
        etcd,
        controllers,
        adminToken: tokens.get(admin)!,
        flags: options.apiserverFlags ?? [],
      }),
      stops,
    );
    const access: KubeAccess = { url: apiserver.url, caData: apiserver.caData, token: tokens.get(admin)! };
    const kube = kubeRequester(access);
    stops.push(() => kube.close());
    if (controllers) {
      const kubeconfig = writeKubeconfig(join(folder.path, 'controller-manager.kubeconfig'), access, name);
      await started(startControllerManager({ folder: folder.path, kubeconfig, kube }), stops);
    }
    if (options.workloads) await started(startWorkloadSimulator(kube), stops);
    return {
      ...openCluster({ name, folder: folder.path, access, tokens: Object.fromEntries(tokens) }, kube),
      killApiserver: () => apiserver.kill(),
      restartApiserver: () => apiserver.restart(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const admin = 'flotilla-rig-admin';

async function started<T extends { stop(): Promise<void> }>(
  server: Promise<T>,
  stops: (() => Promise<void> | void)[],
): Promise<T> {
  const running = await server;
  stops.push(() => running.stop());
  return running;
}

/** Writes the service account key and the token file; returns user name -> token. */
function writeCredentials(folder: string, users: readonly StaticUser[]): Map<string, string> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
  const all = [{ name: admin, groups: ['system:masters'] }, ...users];
  const tokens = new Map(all.map((user) => [user.name, randomBytes(16).toString('hex')]));
  const line = (user: StaticUser) =>
    `${tokens.get(user.name)},${user.name},${user.name},"${(user.groups ?? []).join(',')}"`;
  writeFileSync(join(folder, 'tokens.csv'), `${all.map(line).join('\n')}\n`, { mode: 0o600 });
  return tokens;
}

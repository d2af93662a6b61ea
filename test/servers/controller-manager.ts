// kube-controller-manager: what it does without nodes is what a cluster does (ReplicaSets, Pods, garbage collection,
// namespace deletion, service accounts).
import { join } from 'node:path';
import type { KubeRequester } from './kube-request.js';
import { freePort } from './ports.js';
import { rigPrograms } from './programs.js';
import { startServerProcess } from './server-process.js';
import { toolOutput } from './tool.js';

export interface ControllerManagerOptions {
  /** Holds `sa.key` and the API server's certificate; gets the log. */
  readonly folder: string;
  readonly kubeconfig: string;
  readonly kube: KubeRequester;
}

/** Starts kube-controller-manager; it is ready when it has made the default service account. */
export async function startControllerManager({
  folder,
  kubeconfig,
  kube,
}: ControllerManagerOptions): Promise<{ stop(): Promise<void> }> {
  const { kubeControllerManager } = await rigPrograms();
  const process = await startServerProcess({
    name: 'kube-controller-manager',
    command: kubeControllerManager,
    args: [
      `--kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${await freePort()}`,
      `--cert-dir=${join(folder, 'controller-manager')}`,
      ...((await hasInsecurePort(kubeControllerManager)) ? ['--port=0'] : []),
      '--use-service-account-credentials',
      `--service-account-private-key-file=${join(folder, 'sa.key')}`,
      `--root-ca-file=${join(folder, 'apiserver.crt')}`,
      '--leader-elect=false',
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
      // These would fight for nodes that do not exist.
      '--controllers=*,-nodeipam,-nodelifecycle,-attachdetach,-persistentvolume-binder,-ttl',
    ],
    log: join(folder, 'kube-controller-manager.log'),
    ready: async () =>
      (await kube.send({ path: '/api/v1/namespaces/default/serviceaccounts/default' })).status === 200,
  });
  return { stop: () => process.stop('SIGKILL') };
}

/** Until 1.23 it also listens without TLS, on one fixed port of all addresses; later releases refuse the flag. */
async function hasInsecurePort(program: string): Promise<boolean> {
  const minor = /v1\.(\d+)\./.exec(await toolOutput(program, ['--version']))?.[1];
  return Number(minor) < 24;
}

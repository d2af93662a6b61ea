// kube-apiserver on loopback, with its own certificate, static tokens and RBAC.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubeRequester } from './kube-request.js';
import { freePort } from './ports.js';
import { rigPrograms } from './programs.js';
import { startServerProcess } from './server-process.js';
import type { ServerProcess } from './server-process.js';

export interface ApiserverOptions {
  /** Holds `sa.key` and `tokens.csv`; gets the certificate and the log. */
  readonly folder: string;
  readonly etcd: { readonly url: string; readonly prefix: string };
  /** Whether a controller manager will run: without one nothing makes the service accounts that admission asks for. */
  readonly controllers: boolean;
  readonly adminToken: string;
  readonly flags: readonly string[];
}

export interface Apiserver {
  readonly url: string;
  readonly caData: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts kube-apiserver and waits for /readyz. */
export async function startApiserver(options: ApiserverOptions): Promise<Apiserver> {
  const port = await freePort();
  let process = await launch(options, port);
  // A test server has nothing to finish: a kill is quicker than the drain of its watches.
  const kill = () => process.stop('SIGKILL');
  return {
    url: `https://127.0.0.1:${port}`,
    caData: certificate(options.folder),
    kill,
    async restart() {
      await kill();
      process = await launch(options, port);
    },
    stop: kill,
  };
}

const certificate = (folder: string) => readFileSync(join(folder, 'apiserver.crt')).toString('base64');

async function launch(options: ApiserverOptions, port: number): Promise<ServerProcess> {
  const { kubeApiserver } = await rigPrograms();
  const { folder, adminToken } = options;
  const url = `https://127.0.0.1:${port}`;
  return startServerProcess({
    name: 'kube-apiserver',
    command: kubeApiserver,
    args: flags(options, port),
    log: join(folder, 'kube-apiserver.log'),
    ready: async () => {
      const probe = kubeRequester({ url, caData: certificate(folder), token: adminToken });
      try {
        return (await probe.send({ path: '/readyz' })).status === 200;
      } finally {
        probe.close();
      }
    },
  });
}

function flags({ folder, etcd, controllers, flags: more }: ApiserverOptions, port: number): string[] {
  const key = join(folder, 'sa.key');
  return [
    `--etcd-servers=${etcd.url}`,
    `--etcd-prefix=${etcd.prefix}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    `--cert-dir=${folder}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
    ...(controllers ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ...more,
  ];
}

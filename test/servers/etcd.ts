// etcd on loopback, without fsync: its data lives as long as the test.
import { join } from 'node:path';
import { rigPrograms } from './programs.js';
import { freePorts } from './ports.js';
import { startServerProcess } from './server-process.js';
import { temporaryFolder } from './temporary-folder.js';

export interface Etcd {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts one etcd; several control planes can share it (each with its own prefix). */
export async function startEtcd(): Promise<Etcd> {
  const { etcd } = await rigPrograms();
  const folder = temporaryFolder('etcd');
  const [client, peer] = await freePorts(2);
  const url = `http://127.0.0.1:${client}`;
  const args = [
    ['--data-dir', join(folder.path, 'data')],
    ['--listen-client-urls', url],
    ['--advertise-client-urls', url],
    ['--listen-peer-urls', `http://127.0.0.1:${peer}`],
    ['--unsafe-no-fsync'],
  ].flat();
  const process = await startServerProcess({
    name: 'etcd',
    command: etcd,
    args,
    log: join(folder.path, 'etcd.log'),
    ready: async () => (await (await fetch(`${url}/health`)).text()).includes('true'),
  });
  return {
    url,
    async stop() {
      await process.stop('SIGKILL');
      folder.remove();
    },
  };
}

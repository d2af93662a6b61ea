// A hub as a process that can be killed and comes back at the same addresses with the same data.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { type FlotillaHub, startFlotillaHub } from '../servers/flotilla-hub.js';
import { type TemporaryFolder, temporaryFolder } from '../servers/temporary-folder.js';
import { type HubClient, hubClient } from './hub-client.js';
import type { AgentOptions } from './managed-cluster.js';

export interface HubProcessOptions {
  /** Default: the embedded PostgreSQL. */
  readonly databaseUrl?: string;
  readonly args?: readonly string[];
}

export class HubProcess {
  private constructor(
    private readonly options: HubProcessOptions,
    readonly folder: TemporaryFolder,
    private hub: FlotillaHub,
  ) {}

  static async start(options: HubProcessOptions = {}): Promise<HubProcess> {
    const folder = temporaryFolder('hub');
    // Root's PostgreSQL runs as another user, who has to pass through to its data.
    chmodSync(folder.path, 0o711);
    return new HubProcess(options, folder, await launch(options, folder));
  }

  get api(): HubClient {
    return hubClient({ url: this.hub.url, token: this.hub.adminToken });
  }

  get url(): string {
    return this.hub.url;
  }

  /** Of the hub alone; its PostgreSQL is a process of its own. */
  get pid(): number {
    return this.hub.process.pid;
  }

  get agentAddress(): string {
    return this.hub.agentAddress;
  }

  get enrollAddress(): string {
    return this.hub.enrollAddress;
  }

  get log(): string {
    return join(this.folder.path, 'hub.log');
  }

  get dataDir(): string {
    return join(this.folder.path, 'data');
  }

  /** What makes an agent a member; `via` is another address of the agent port, a proxy's. */
  async membership(
    clusterName: string,
    via = this.hub.agentAddress,
  ): Promise<Required<Omit<AgentOptions, 'kubeconfig'>>> {
    return {
      args: [
        `--hub-address=${via}`,
        `--hub-enroll-address=${this.hub.enrollAddress}`,
        `--cluster-name=${clusterName}`,
      ],
      env: { FLOTILLA_AGENT_JOIN_TOKEN: await this.api.joinToken({ clusterName }) },
    };
  }

  /** SIGKILL. The embedded PostgreSQL is a process of its own and lives on, as after a crash. */
  kill(): Promise<void> {
    return this.hub.process.stop('SIGKILL');
  }

  /** Starts it again at the same addresses. */
  async restart(): Promise<void> {
    this.hub = await launch(this.options, this.folder, this.hub.ports);
  }

  async stop(): Promise<void> {
    // A killed hub has left its PostgreSQL behind; only a hub stops that.
    if (!this.hub.process.running() && !this.options.databaseUrl) await this.restart().catch(() => undefined);
    await this.hub.stop();
    this.folder.remove();
  }
}

function launch(
  { databaseUrl, args }: HubProcessOptions,
  folder: TemporaryFolder,
  ports?: FlotillaHub['ports'],
): Promise<FlotillaHub> {
  return startFlotillaHub({
    dataDir: join(folder.path, 'data'),
    log: join(folder.path, 'hub.log'),
    ...(databaseUrl ? { databaseUrl } : {}),
    ...(args ? { args } : {}),
    ...(ports ? { ports } : {}),
  });
}

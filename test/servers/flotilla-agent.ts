// The real agent as a process of its own, outside the cluster that it reconciles.
import { dirname, join } from 'node:path';
import { freePort } from './ports.js';
import { rigPrograms } from './programs.js';
import { repositoryRoot } from './repository-root.js';
import { type ServerProcess, startServerProcess } from './server-process.js';
import { toolOutput } from './tool.js';

const bin = join(repositoryRoot(), 'agent', 'bin', 'flotilla-agent.js');

export interface FlotillaAgentOptions {
  readonly kubeconfig: string;
  /** Folder for artifacts, caches and the outbox. */
  readonly storagePath: string;
  readonly log: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The program: default the compiled sources; the bundle starts faster. */
  readonly program?: string;
  /** Flags of Node, e.g. those of its profiler. */
  readonly nodeFlags?: readonly string[];
}

export interface FlotillaAgent extends ServerProcess {
  /** Base URL of /healthz and /readyz. */
  readonly healthUrl: string;
  /** URL of /metrics. */
  readonly metricsUrl: string;
}

/** The agent as one file, as images and installs run it. */
export const bundledAgent = join(repositoryRoot(), 'agent', 'dist', 'flotilla-agent.bundle.js');

/** Starts an agent, from the compiled sources unless told otherwise, and waits until it is ready. */
export async function startFlotillaAgent(options: FlotillaAgentOptions): Promise<FlotillaAgent> {
  const { kubectl } = await rigPrograms();
  const [health, metrics] = [await freePort(), await freePort()];
  const healthUrl = `http://127.0.0.1:${health}`;
  const server = await startServerProcess({
    name: 'flotilla-agent',
    command: process.execPath,
    args: [
      ...(options.nodeFlags ?? []),
      options.program ?? bin,
      `--kubeconfig=${options.kubeconfig}`,
      `--storage-path=${options.storagePath}`,
      '--storage-addr=127.0.0.1:0',
      `--health-addr=127.0.0.1:${health}`,
      `--metrics-addr=127.0.0.1:${metrics}`,
      ...(options.args ?? []),
    ],
    env: {
      PATH: `${dirname(kubectl)}:${process.env['PATH'] ?? ''}`,
      HOME: options.storagePath,
      ...options.env,
    },
    log: options.log,
    ready: async () => (await fetch(`${healthUrl}/readyz`)).ok,
  });
  return { ...server, healthUrl, metricsUrl: `http://127.0.0.1:${metrics}/metrics` };
}

/** The manifests that `flotilla-agent crds` prints. */
export function flotillaCrds(program = bin): Promise<string> {
  return toolOutput(process.execPath, [program, 'crds'], {});
}

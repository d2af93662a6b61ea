// helm against a test's control plane.
import { dirname, join } from 'node:path';
import { rigPrograms } from './programs.js';
import { runTool, toolOutput } from './tool.js';
import type { ToolResult } from './tool.js';

export interface Helm {
  /** Gives stdout; an exit code other than 0 is an error. */
  run(args: readonly string[]): Promise<string>;
  /** Gives the result, whatever the exit code. */
  try(args: readonly string[]): Promise<ToolResult>;
  /** Runs with `-o json` and parses. */
  json<T = unknown>(args: readonly string[]): Promise<T>;
}

/** Binds helm to a kubeconfig, with repositories, plug-ins and caches of its own that go with the cluster. */
export async function helmFor(cluster: { readonly kubeconfig: string }): Promise<Helm> {
  const { helm } = await rigPrograms();
  const home = join(dirname(cluster.kubeconfig), 'helm-home');
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    KUBECONFIG: cluster.kubeconfig,
    HELM_CACHE_HOME: join(home, 'cache'),
    HELM_CONFIG_HOME: join(home, 'config'),
    HELM_DATA_HOME: join(home, 'data'),
  };
  return {
    run: (args) => toolOutput(helm, args, { env }),
    try: (args) => runTool(helm, args, { env }),
    json: async <T>(args: readonly string[]) =>
      JSON.parse(await toolOutput(helm, [...args, '-o', 'json'], { env })) as T,
  };
}

// kubectl against a test's control plane.
import { dirname, join } from 'node:path';
import { rigPrograms } from './programs.js';
import { runTool, toolOutput } from './tool.js';
import type { ToolResult } from './tool.js';

export interface Kubectl {
  /** Gives stdout; an exit code other than 0 is an error. `input` goes to stdin (`kubectl('apply', '-f', '-')`). */
  run(args: readonly string[], input?: string): Promise<string>;
  /** Gives the result, whatever the exit code. */
  try(args: readonly string[], input?: string): Promise<ToolResult>;
  /** Applies manifests server-side (YAML or JSON text) with forced ownership. */
  apply(manifests: string): Promise<string>;
  /** `get <what> -o json`, parsed. */
  get<T = Record<string, unknown>>(...what: readonly string[]): Promise<T>;
}

/** Binds kubectl to a kubeconfig; nothing of the user's own configuration is read. */
export async function kubectlFor(cluster: { readonly kubeconfig: string }): Promise<Kubectl> {
  const { kubectl } = await rigPrograms();
  // Discovery is cached in HOME by server address, and a test's port is soon another server's: it goes with the cluster.
  const home = join(dirname(cluster.kubeconfig), 'kubectl-home');
  const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: cluster.kubeconfig };
  const run: Kubectl['run'] = (args, input) =>
    toolOutput(kubectl, args, { env, ...(input !== undefined && { input }) });
  return {
    run,
    try: (args, input) => runTool(kubectl, args, { env, ...(input !== undefined && { input }) }),
    // Client-side validation refuses what old servers do not describe (x-kubernetes-validations in a CRD).
    apply: (manifests) =>
      run(['apply', '--server-side', '--force-conflicts', '--validate=false', '-f', '-'], manifests),
    get: async <T>(...what: readonly string[]) => JSON.parse(await run(['get', ...what, '-o', 'json'])) as T,
  };
}

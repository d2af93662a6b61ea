import type { KubeClient } from '@flotilla/agent/kube/client';
import { CliError, exitCodes } from '../errors/cli-error.js';
import type { GlobalOptions } from '../options/global-options.js';
import { forCluster } from '../options/global-options.js';
import type { Runtime } from '../runtime.js';

/** Runs a piece of work with the cluster of the kubeconfig. @throws CliError */
export async function withCluster<T>(
  runtime: Runtime,
  options: GlobalOptions,
  work: (client: KubeClient) => Promise<T>,
): Promise<T> {
  forCluster(options);
  const [{ loadCluster }, { createTransport }, { createKubeClient }] = await Promise.all([
    import('@flotilla/agent/kube/cluster'),
    import('@flotilla/agent/kube/transport'),
    import('@flotilla/agent/kube/create-kube-client'),
  ]);
  const cluster = await loadCluster({
    env: runtime.env,
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    ...(options.kubeContext === undefined ? {} : { context: options.kubeContext }),
  }).catch((error: unknown) => {
    throw new CliError(exitCodes.unreachable, (error as Error).message, {
      remedy: 'choose with --kubeconfig and --kube-context; for a cluster of the fleet add --cluster NAME',
      cause: error,
    });
  });
  const transport = createTransport(cluster, { userAgent: 'flotilla' });
  try {
    return await work(createKubeClient(transport));
  } finally {
    await transport.close();
  }
}

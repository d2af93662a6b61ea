// A Deployment that no controller looks after: the test says when it is available.
import type { KubeRequester } from '../servers/kube-request.js';
import { waitFor } from '../servers/wait-for.js';
import type { FluxObject } from './flux-objects.js';

const name = 'shop';
const path = `/apis/apps/v1/namespaces/apps/deployments/${name}`;

interface Deployment {
  readonly metadata: { readonly generation: number; readonly annotations?: Readonly<Record<string, string>> };
}

export class Workload {
  constructor(private readonly kube: KubeRequester) {}

  static manifest(version: string): FluxObject {
    const labels = { app: name };
    const metadata = { name, namespace: 'apps', annotations: { version } };
    const template = {
      metadata: { labels, annotations: { version } },
      spec: { containers: [{ name, image: 'registry.example/shop' }] },
    };
    const spec = { replicas: 1, selector: { matchLabels: labels }, template };
    return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
  }

  /** Waits until it has the version, and reports it as available. */
  async becomesAvailable(version: string): Promise<void> {
    const generation = await waitFor(`version ${version} of the workload`, async () => {
      const { metadata } = await this.kube.call<Deployment>({ path });
      return metadata.annotations?.['version'] === version && metadata.generation;
    });
    const one = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
    const conditions = [
      { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: '' },
      { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message: '' },
    ];
    const status = { observedGeneration: generation, ...one, conditions };
    await this.kube.call({ method: 'PATCH', path: `${path}/status`, body: { status } });
  }
}

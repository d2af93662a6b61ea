// ExternalArtifacts, as third parties write them.
import type { Cluster } from '../../servers/cluster.js';
import { waitFor } from '../../servers/wait-for.js';
import { applyAs } from '../rig/objects.js';
import type { Fields } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

export const artifactType = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'ExternalArtifact' };

/** The kind is third parties' to write; where the agent does not bring it, the row does. */
export async function installExternalArtifacts({ kube }: Cluster): Promise<void> {
  const path = `/apis/${artifactType.apiVersion}/externalartifacts?limit=1`;
  if ((await kube.send({ path })).status === 200) return;
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const [group = '', name] = artifactType.apiVersion.split('/');
  const names = { kind: 'ExternalArtifact', listKind: 'ExternalArtifactList' };
  await applyAs(kube, 'test', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `externalartifacts.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' },
    },
    spec: {
      group,
      scope: 'Namespaced',
      names: { ...names, plural: 'externalartifacts', singular: 'externalartifact' },
      versions: [
        {
          name,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  });
  await waitFor(path, async () => (await kube.send({ path })).status === 200);
}

/** An artifact of a third party: made from that of the row's own GitRepository, unless that is there. */
export async function external(world: World, over: Fields = {}): Promise<void> {
  if (!(await world.read(world.source))) await world.applySource();
  const { status } = await world.settled(world.source);
  const { artifact } = status as { artifact: Fields };
  const ref = { ...artifactType, name: 'built' };
  await world.apply({ ...ref, metadata: {}, spec: {} });
  await world.rig.cluster.kube.call({
    method: 'PATCH',
    path: `/apis/${artifactType.apiVersion}/namespaces/${world.namespace}/externalartifacts/built/status`,
    body: {
      status: {
        artifact: { ...artifact, path: `externalartifact/${world.namespace}/built/x.tar.gz`, ...over },
      },
    },
  });
}

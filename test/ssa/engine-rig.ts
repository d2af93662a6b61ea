// A control plane with an apply engine on it, and the few moves that all tests of the engine make.
import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import { createKubeClient } from '@flotilla/agent/kube/create-kube-client';
import { loadCluster } from '@flotilla/agent/kube/cluster';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { createTransport } from '@flotilla/agent/kube/transport';
import type { ChangeSet } from '@flotilla/agent/ssa/changeset';
import { createApplyEngine } from '@flotilla/agent/ssa/create-engine';
import type { ApplyEngine, ApplyOptions, Owner } from '@flotilla/agent/ssa/engine';
import { startControlPlane } from '../servers/control-plane.js';
import type { ControlPlane } from '../servers/control-plane.js';
import { kubectlFor } from '../servers/kubectl.js';
import type { Kubectl } from '../servers/kubectl.js';

export const group = 'kustomize.toolkit.fluxcd.io';

export interface EngineRig {
  plane: ControlPlane;
  client: KubeClient;
  engine: ApplyEngine;
  kubectl: Kubectl;
  /** `METHOD code` of every request that the client has sent. */
  requests: string[];
  owner: Owner;
  applyOptions(): ApplyOptions;
  /** Applies as the rig's owner. */
  apply(objects: KubeObject[], options?: Partial<ApplyOptions>): Promise<ChangeSet>;
  /** A new namespace of its own for a test. */
  namespace(): Promise<string>;
  stop(): Promise<void>;
}

export async function startEngineRig(name: string): Promise<EngineRig> {
  const plane = await startControlPlane({ name, controllerManager: false });
  const requests: string[] = [];
  const transport = createTransport(await loadCluster({ kubeconfig: plane.kubeconfig }), {
    qps: 0,
    metrics: { requestDone: ({ method, code }) => requests.push(`${method} ${code}`) },
  });
  const client = createKubeClient(transport);
  const engine = createApplyEngine({ client });
  const owner: Owner = {
    group,
    name: 'apps',
    namespace: 'flux-system',
    fieldManager: 'kustomize-controller',
  };
  let namespaces = 0;
  return {
    plane,
    client,
    engine,
    kubectl: await kubectlFor(plane),
    requests,
    owner,
    applyOptions: () => applyDefaults(owner),
    apply: (objects, options = {}) => engine.applyAllStaged(objects, { ...applyDefaults(owner), ...options }),
    async namespace() {
      const namespace = `test-${++namespaces}`;
      await plane.kube.call({
        method: 'POST',
        path: '/api/v1/namespaces',
        body: { metadata: { name: namespace } },
      });
      return namespace;
    },
    async stop() {
      await transport.close();
      await plane.stop();
    },
  };
}

function applyDefaults(owner: Owner): ApplyOptions {
  return {
    owner,
    force: false,
    overrideManagers: [],
    customStageKinds: [],
    concurrency: 4,
    signal: AbortSignal.timeout(30_000),
  };
}

export function configMap(
  namespace: string,
  name: string,
  data: Record<string, string>,
  metadata: Record<string, unknown> = {},
): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, ...metadata }, data };
}

export function deployment(namespace: string, name: string, spec: Record<string, unknown> = {}): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'main', image: 'registry.test/app:1' }] },
      },
      ...spec,
    },
  };
}

export function crd(groupName: string, kind: string): KubeObject {
  const plural = `${kind.toLowerCase()}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${groupName}` },
    spec: {
      group: groupName,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: { size: { type: 'integer' } } },
                status: { type: 'object', properties: { phase: { type: 'string' } } },
              },
            },
          },
        },
      ],
    },
  };
}

export function ref(apiVersion: string, kind: string, namespace: string, name: string): ObjectRef {
  return { apiVersion, kind, namespace, name };
}

/** `Kind/name action` of each entry. */
export function actions(changes: ChangeSet): string[] {
  return changes.entries.map((entry) => `${entry.ref.kind}/${entry.ref.name} ${entry.action}`);
}

// A control plane with a kind of its own, and a client on it.
import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { createKubeClient } from '@flotilla/agent/kube/create-kube-client';
import { loadCluster } from '@flotilla/agent/kube/cluster';
import { createTransport } from '@flotilla/agent/kube/transport';
import { vi } from 'vitest';
import type { ControlPlane } from '../servers/control-plane.js';
import { startControlPlane } from '../servers/control-plane.js';

export const widgetType = { apiVersion: 'test.flotilla.test/v1', kind: 'Widget' };

export interface WidgetCluster {
  plane: ControlPlane;
  client: KubeClient;
  /** `METHOD code` of every request so far. */
  requests: string[];
  /** Creates a Widget in `default`. */
  make(name: string, annotations?: Record<string, string>): Promise<KubeObject>;
  stop(): Promise<void>;
}

/** Starts it; the kind Widget is served when this returns. */
export async function startWidgetCluster(): Promise<WidgetCluster> {
  const plane = await startControlPlane({ controllerManager: false });
  const requests: string[] = [];
  const transport = createTransport(await loadCluster({ kubeconfig: plane.kubeconfig }), {
    metrics: { requestDone: ({ code, method }) => requests.push(`${method} ${code}`) },
  });
  const client = createKubeClient(transport);
  await client.apply(crd('test.flotilla.test', 'Widget', 'widgets'), { fieldManager: 'test' });
  await vi.waitFor(() => client.list(widgetType), { timeout: 20_000 });
  return {
    plane,
    client,
    requests,
    make: (name, annotations) =>
      client.create({
        ...widgetType,
        metadata: { name, namespace: 'default', ...(annotations ? { annotations } : {}) },
        spec: { a: 1 },
      }),
    async stop() {
      await transport.close();
      await plane.stop();
    },
  };
}

/** The CustomResourceDefinition of a kind that takes anything and has a status subresource. */
export function crd(group: string, kind: string, plural: string): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
}

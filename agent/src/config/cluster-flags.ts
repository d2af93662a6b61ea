import { boolean, labelSelector, optionalText, wholeNumber } from '@flotilla/common/flags/flag-schemas';
import type { Flag } from '@flotilla/common/flags/flag';
import { z } from 'zod';

/** Which cluster, and as whom. */
export const clusterFlags = {
  kubeconfig: {
    name: 'kubeconfig',
    description:
      'Kubeconfig of the cluster; default the ServiceAccount of the pod, else KUBECONFIG, else ~/.kube/config.',
    value: 'path',
    schema: optionalText,
  },
  context: {
    name: 'context',
    description: 'Context of the kubeconfig.',
    value: 'name',
    schema: optionalText,
  },
  runtimeNamespace: {
    name: 'runtime-namespace',
    description: 'Namespace for the lease, the identity and other things of the agent itself.',
    value: 'name',
    schema: z.string().min(1, 'expected the name of a namespace'),
    default: 'flux-system',
    env: ['RUNTIME_NAMESPACE'],
  },
  kubeApiQps: {
    name: 'kube-api-qps',
    description: 'Requests a second to the API server; 0 = no limit.',
    value: 'n',
    schema: wholeNumber(0, 100_000),
    default: '50',
  },
  kubeApiBurst: {
    name: 'kube-api-burst',
    description: 'Requests that may come at once above --kube-api-qps.',
    value: 'n',
    schema: wholeNumber(0, 100_000),
    default: '300',
  },
  watchAllNamespaces: {
    name: 'watch-all-namespaces',
    description: 'Reconcile objects of all namespaces; false = only those of --runtime-namespace.',
    schema: boolean,
    default: 'true',
  },
  watchLabelSelector: {
    name: 'watch-label-selector',
    description: 'Reconcile only objects with these labels.',
    value: 'selector',
    schema: labelSelector,
  },
  shards: {
    name: 'shards',
    description:
      'Split the objects into so many shards over all replicas of this agent; 0 = one replica works on all. Same number for all replicas.',
    value: 'n',
    schema: wholeNumber(0, 256),
    default: '0',
  },
  watchConfigsLabelSelector: {
    name: 'watch-configs-label-selector',
    description: 'ConfigMaps and Secrets whose change wakes those that refer to them.',
    value: 'selector',
    schema: labelSelector,
    default: 'reconcile.fluxcd.io/watch=Enabled',
  },
} as const satisfies Record<string, Flag<unknown>>;

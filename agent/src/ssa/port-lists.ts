import type { KubeObject } from '@flotilla/common/kube/object';

const podSpecPaths: Readonly<Record<string, readonly string[]>> = {
  'v1/Pod': ['spec'],
  'apps/v1/Deployment': ['spec', 'template', 'spec'],
  'apps/v1/StatefulSet': ['spec', 'template', 'spec'],
  'apps/v1/DaemonSet': ['spec', 'template', 'spec'],
  'apps/v1/ReplicaSet': ['spec', 'template', 'spec'],
  'batch/v1/Job': ['spec', 'template', 'spec'],
  'batch/v1/CronJob': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  'batch/v1beta1/CronJob': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
};

/** The lists of ports in an object whose entries have a protocol with the default TCP (flux-compat 3.6, 1). */
export function portListsOf(object: KubeObject): unknown[][] {
  const type = `${object.apiVersion}/${object.kind}`;
  if (type === 'v1/Service') return lists([at(object, ['spec', 'ports'])]);
  const path = podSpecPaths[type];
  if (!path) return [];
  return lists(
    lists([at(object, [...path, 'containers'])])
      .flat()
      .map((container) => at(container, ['ports'])),
  );
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (node, key) => (typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined),
    value,
  );
}

function lists(values: unknown[]): unknown[][] {
  return values.filter((value) => Array.isArray(value));
}

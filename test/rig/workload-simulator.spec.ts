import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startControlPlane } from '../servers/control-plane.js';
import type { ControlPlane } from '../servers/control-plane.js';
import { helmFor } from '../servers/helm.js';
import { kubectlFor } from '../servers/kubectl.js';
import type { Kubectl } from '../servers/kubectl.js';
import { waitFor } from '../servers/wait-for.js';
import { startWorkloadSimulator } from '../servers/workload-simulator.js';
import type { WorkloadSimulator } from '../servers/workload-simulator.js';

interface Conditioned {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
    }[];
    readonly [field: string]: unknown;
  };
}

describe('workload simulator', () => {
  let cluster: ControlPlane;
  let simulator: WorkloadSimulator;
  let kubectl: Kubectl;
  beforeAll(async () => {
    cluster = await startControlPlane();
    simulator = await startWorkloadSimulator(cluster.kube, { nodes: ['node-1', 'node-2'] });
    kubectl = await kubectlFor(cluster);
  });
  afterAll(async () => {
    await simulator.stop();
    await cluster.stop();
  });

  const workload = (
    kind: string,
    name: string,
    image: string,
    spec: Record<string, unknown> = {},
    pod: Record<string, unknown> = {},
  ) =>
    kubectl.apply(
      JSON.stringify({
        apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
        kind,
        metadata: { name },
        spec: {
          ...(kind !== 'Job' && { selector: { matchLabels: { app: name } } }),
          template: {
            metadata: { labels: { app: name } },
            spec: { containers: [{ name: 'main', image }], ...pod },
          },
          ...spec,
        },
      }),
    );
  const condition = async (kind: string, name: string, type: string, status: string) =>
    waitFor(`${kind}/${name} to have ${type}=${status}`, async () => {
      const { status: seen } = await kubectl.get<Conditioned>(kind, name);
      return seen?.conditions?.find((entry) => entry.type === type && entry.status === status);
    });
  const field = async (kind: string, name: string, path: string, value: unknown) =>
    waitFor(`${kind}/${name} to have ${path}=${String(value)}`, async () => {
      const { status } = await kubectl.get<Conditioned>(kind, name);
      return status?.[path] === value;
    });

  it('makes a Deployment available, and again with its next image', async () => {
    await workload('Deployment', 'web', 'example.test/web:1', { replicas: 3 });
    await condition('deployment', 'web', 'Available', 'True');
    await kubectl.run(['rollout', 'status', 'deployment/web', '--timeout=20s']);
    await workload('Deployment', 'web', 'example.test/web:2', { replicas: 3 });
    await kubectl.run(['rollout', 'status', 'deployment/web', '--timeout=20s']);
    expect((await condition('deployment', 'web', 'Progressing', 'True')).reason).toBe(
      'NewReplicaSetAvailable',
    );
  });

  it('lets a Deployment with the tag fail run into its progress deadline, its containers in CrashLoopBackOff', async () => {
    await workload('Deployment', 'broken', 'example.test/broken:fail', { progressDeadlineSeconds: 2 });
    expect((await condition('deployment', 'broken', 'Progressing', 'False')).reason).toBe(
      'ProgressDeadlineExceeded',
    );
    await condition('deployment', 'broken', 'Available', 'False');
    expect(await kubectl.run(['get', 'pods', '-l', 'app=broken'])).toContain('CrashLoopBackOff');
  });

  it('holds a Deployment with the tag slow-2 back, and then lets it go', async () => {
    await workload('Deployment', 'slow', 'example.test/slow:slow-2');
    await condition('deployment', 'slow', 'Available', 'False');
    await condition('deployment', 'slow', 'Available', 'True');
  });

  it('starts the Pods of a StatefulSet and binds their claims', async () => {
    await workload('StatefulSet', 'db', 'example.test/db:1', {
      replicas: 2,
      serviceName: 'db',
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    });
    await field('statefulset', 'db', 'readyReplicas', 2);
    await field('persistentvolumeclaim', 'data-db-1', 'phase', 'Bound');
  });

  it('runs a DaemonSet on every node', async () => {
    await workload('DaemonSet', 'node-agent', 'example.test/node-agent:1');
    await field('daemonset', 'node-agent', 'numberReady', 2);
  });

  it('completes a Job, and fails one with the tag fail', async () => {
    await workload('Job', 'good', 'example.test/job:1', {}, { restartPolicy: 'Never' });
    await workload('Job', 'bad', 'example.test/job:fail', { backoffLimit: 0 }, { restartPolicy: 'Never' });
    await condition('job', 'good', 'Complete', 'True');
    await condition('job', 'bad', 'Failed', 'True');
  });

  it('lets deleted Pods go, so that a foreground deletion ends', async () => {
    await kubectl.run(['delete', 'deployment', 'web', '--cascade=foreground', '--timeout=30s']);
    await waitFor('no Pod of web', async () => {
      return (await kubectl.run(['get', 'pods', '-l', 'app=web', '-o', 'name'])) === '';
    });
  });

  it('knows helm', async () => {
    expect(await (await helmFor(cluster)).json(['list', '--all-namespaces'])).toEqual([]);
  });
});

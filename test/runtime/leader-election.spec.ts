import type { KubeClient } from '@flotilla/agent/kube/client';
import { createKubeClient } from '@flotilla/agent/kube/create-kube-client';
import { loadCluster } from '@flotilla/agent/kube/cluster';
import { createTransport } from '@flotilla/agent/kube/transport';
import { systemClock } from '@flotilla/agent/runtime/clock';
import {
  LeadershipLostError,
  runLeaderElection,
  type LeaderElectionOptions,
} from '@flotilla/agent/runtime/leader-election';
import { silentLogger } from '@flotilla/agent/runtime/logger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWidgetCluster, type WidgetCluster } from './widget-cluster.js';

let cluster: WidgetCluster;
let client: KubeClient;
beforeAll(async () => {
  cluster = await startWidgetCluster();
  client = cluster.client;
});
afterAll(() => cluster?.stop());

describe('two leaders', () => {
  const timing = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400 };

  function candidate(
    lease: string,
    identity: string,
    own: KubeClient,
    options: Partial<LeaderElectionOptions> = {},
  ) {
    const stop = new AbortController();
    const log: string[] = [];
    const done = runLeaderElection(
      {
        client: own,
        name: lease,
        namespace: 'default',
        identity,
        clock: systemClock,
        logger: silentLogger,
        ...timing,
        lead: (signal) => {
          log.push('leads');
          return new Promise((resolve) =>
            signal.addEventListener('abort', () => {
              log.push('stopped');
              resolve();
            }),
          );
        },
        ...options,
      },
      stop.signal,
    );
    return { stop: () => stop.abort(new Error('stopped')), log, done: done.catch((error: unknown) => error) };
  }

  it('the second takes over at once when the first leaves', async () => {
    const first = candidate('leave', 'first', client);
    await expect.poll(() => first.log).toEqual(['leads']);
    const second = candidate('leave', 'second', client);
    first.stop();
    await first.done;
    await expect.poll(() => second.log, { timeout: 2_500 }).toEqual(['leads']);
    const lease = await client.get({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      namespace: 'default',
      name: 'leave',
    });
    expect(lease?.spec).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1 });
    second.stop();
    await second.done;
  });

  it('a leader that is cut off stops before another one starts', async () => {
    const ownTransport = createTransport(await loadCluster({ kubeconfig: cluster.plane.kubeconfig }));
    const order: string[] = [];
    const lead = (name: string) => (signal: AbortSignal) => {
      order.push(`${name} leads`);
      return new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => {
          order.push(`${name} stopped`);
          resolve();
        }),
      );
    };
    const first = candidate('killed', 'first', createKubeClient(ownTransport), { lead: lead('first') });
    await expect.poll(() => order).toEqual(['first leads']);
    const second = candidate('killed', 'second', client, { lead: lead('second') });
    await ownTransport.close();
    expect(await first.done).toBeInstanceOf(LeadershipLostError);
    await expect
      .poll(() => order, { timeout: 10_000 })
      .toEqual(['first leads', 'first stopped', 'second leads']);
    second.stop();
    await second.done;
  });

  it('only one of many leads', async () => {
    const many = Array.from({ length: 5 }, (_, index) => candidate('many', `agent-${index}`, client));
    await expect.poll(() => many.filter(({ log }) => log.includes('leads')).length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(many.filter(({ log }) => log.includes('leads'))).toHaveLength(1);
    for (const { stop } of many) stop();
    await Promise.all(many.map(({ done }) => done));
  });

  it('a leader whose lease somebody else took stops', async () => {
    const leader = candidate('robbed', 'first', client);
    await expect.poll(() => leader.log).toEqual(['leads']);
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      namespace: 'default',
      name: 'robbed',
    };
    await client.patch(lease, { type: 'merge', body: { spec: { holderIdentity: 'robber' } } });
    expect(await leader.done).toMatchObject({ message: 'the lease is held by robber' });
    expect(leader.log).toEqual(['leads', 'stopped']);
  });

  it('refuses times that could let two lead', async () => {
    const wrong = candidate('wrong', 'x', client, { leaseDurationMs: 1_000 });
    expect(await wrong.done).toMatchObject({
      message: expect.stringContaining('must be longer than the renew deadline'),
    });
  });
});

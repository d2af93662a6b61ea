import { createServer, type Server } from 'node:http';
import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { createKubeClient } from '@flotilla/agent/kube/create-kube-client';
import { loadCluster } from '@flotilla/agent/kube/cluster';
import { createTransport, type KubeTransport } from '@flotilla/agent/kube/transport';
import { systemClock } from '@flotilla/agent/runtime/clock';
import { createEventRecorders, type EventNotice } from '@flotilla/agent/runtime/event-recorder';
import {
  LeadershipLostError,
  runLeaderElection,
  type LeaderElectionOptions,
} from '@flotilla/agent/runtime/leader-election';
import { silentLogger } from '@flotilla/agent/runtime/logger';
import { createStatusWriter, LostUpdateError } from '@flotilla/agent/runtime/status-writer';
import { createWebhookSink } from '@flotilla/agent/runtime/webhook-sink';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ControlPlane } from '../servers/control-plane.js';
import { startControlPlane } from '../servers/control-plane.js';

let plane: ControlPlane;
let transport: KubeTransport;
let client: KubeClient;
const requests: string[] = [];
const type = { apiVersion: 'writes.flotilla.test/v1', kind: 'Widget' };

beforeAll(async () => {
  plane = await startControlPlane({ controllerManager: false });
  transport = createTransport(await loadCluster({ kubeconfig: plane.kubeconfig }), {
    metrics: { requestDone: ({ code, method }) => requests.push(`${method} ${code}`) },
  });
  client = createKubeClient(transport);
  await client.apply(crd(), { fieldManager: 'test' });
  await vi.waitFor(() => client.list(type), { timeout: 20_000 });
});
afterAll(async () => {
  await transport?.close();
  await plane?.stop();
});

function ref(name: string) {
  return { ...type, namespace: 'default', name };
}

function make(name: string, annotations?: Record<string, string>): Promise<KubeObject> {
  const metadata = { name, namespace: 'default', ...(annotations ? { annotations } : {}) };
  return client.create({ ...type, metadata, spec: { a: 1 } });
}

describe('writing status', () => {
  const fieldManager = 'gotk-widget-controller';

  it('goes through the subresource, as an Update of the manager of the contract (flux-compat 1.4)', async () => {
    const base = await make('managed');
    const written = await createStatusWriter({ client, fieldManager }).writeStatus(base, {
      observedGeneration: 1,
    });
    expect(written.status).toEqual({ observedGeneration: 1 });
    expect(written.metadata.generation).toBe(base.metadata.generation);
    expect(
      written.metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`),
    ).toContain(`${fieldManager} Update`);
  });

  it('sends nothing when nothing changed', async () => {
    const base = await make('quiet');
    const writer = createStatusWriter({ client, fieldManager });
    const written = await writer.writeStatus(base, { conditions: [{ type: 'Ready' }] });
    const before = requests.length;
    expect(await writer.writeStatus(written, { conditions: [{ type: 'Ready' }] })).toBe(written);
    expect(requests.length).toBe(before);
  });

  it('removes fields that are no longer there', async () => {
    const writer = createStatusWriter({ client, fieldManager });
    const full = await writer.writeStatus(await make('shrinks'), { a: 1, b: { c: 1, d: 2 } });
    const small = await writer.writeStatus(full, { b: { d: 2 } });
    expect(small.status).toEqual({ b: { d: 2 } });
  });

  it('tells the answer, so that the cache is not behind', async () => {
    const seen: KubeObject[] = [];
    const writer = createStatusWriter({ client, fieldManager, observe: (object) => seen.push(object) });
    const written = await writer.writeStatus(await make('told'), { a: 1 });
    expect(seen).toEqual([written]);
  });

  it('stands when only spec or labels moved on meanwhile', async () => {
    const base = await make('moved');
    await client.patch(ref('moved'), { type: 'merge', body: { spec: { a: 2 } } });
    const written = await createStatusWriter({ client, fieldManager }).writeStatus(base, {
      observedGeneration: 1,
    });
    expect(written).toMatchObject({ spec: { a: 2 }, status: { observedGeneration: 1 } });
  });

  it('never overwrites the status of a newer reconcile', async () => {
    const base = await make('lost');
    const writer = createStatusWriter({ client, fieldManager });
    await writer.writeStatus(base, { observedGeneration: 2 });
    await expect(writer.writeStatus(base, { observedGeneration: 1 })).rejects.toThrow(LostUpdateError);
    expect((await client.get(ref('lost')))?.status).toEqual({ observedGeneration: 2 });
  });

  it('does not give the status to another object of the same name', async () => {
    const base = await make('reborn');
    await client.delete(ref('reborn'));
    const writer = createStatusWriter({ client, fieldManager });
    await expect(writer.writeStatus(base, { a: 1 })).rejects.toMatchObject({ code: 404 });
    await make('reborn');
    await expect(writer.writeStatus(base, { a: 1 })).rejects.toThrow(
      'Widget/default/reborn: the object was deleted meanwhile',
    );
    expect((await client.get(ref('reborn')))?.status).toBeUndefined();
  });

  it('adds and removes its finalizer and leaves those of others alone', async () => {
    const base = await make('final');
    const writer = createStatusWriter({ client, fieldManager });
    await client.patch(ref('final'), { type: 'merge', body: { metadata: { finalizers: ['other.test/f'] } } });
    const added = await writer.addFinalizer(base, 'finalizers.fluxcd.io');
    expect(added.metadata.finalizers).toEqual(['other.test/f', 'finalizers.fluxcd.io']);
    await client.delete(ref('final'));
    await writer.removeFinalizer(added, 'finalizers.fluxcd.io');
    expect((await client.get(ref('final')))?.metadata.finalizers).toEqual(['other.test/f']);
    await client.patch(ref('final'), { type: 'merge', body: { metadata: { finalizers: null } } });
    await writer.removeFinalizer(added, 'finalizers.fluxcd.io');
    expect(await client.get(ref('final'))).toBeUndefined();
  });
});

describe('telling events', () => {
  async function stored(name: string): Promise<KubeObject[]> {
    return (
      await client.list({ apiVersion: 'v1', kind: 'Event' }, { fieldSelector: `involvedObject.name=${name}` })
    ).items;
  }

  function setUp() {
    const sent: EventNotice[] = [];
    const recorders = createEventRecorders({
      client,
      sinks: [{ send: (notice) => sent.push(notice) }],
      clock: systemClock,
      logger: silentLogger,
      instance: 'pod-1',
    });
    const flush = () => recorders.flush(AbortSignal.timeout(20_000));
    return { recorder: recorders.recorderFor('widget-controller'), flush, sent };
  }

  it('writes core events as the controller does, and the JSON of flux-compat 6.1', async () => {
    const object = await make('events', { 'event.toolkit.fluxcd.io/team': 'a', other: 'b' });
    const { recorder, flush, sent } = setUp();
    recorder.record(object, {
      severity: 'error',
      reason: 'BuildFailed',
      message: 'no luck',
      metadata: { revision: 'main@sha1:1' },
    });
    await flush();
    const metadata = { 'writes.flotilla.test/revision': 'main@sha1:1', 'event.toolkit.fluxcd.io/team': 'a' };
    expect(await stored('events')).toMatchObject([
      {
        type: 'Warning',
        reason: 'BuildFailed',
        message: 'no luck',
        count: 1,
        source: { component: 'widget-controller' },
        involvedObject: { kind: 'Widget', name: 'events', uid: object.metadata.uid },
        metadata: { annotations: metadata },
      },
    ]);
    expect(sent).toEqual([
      {
        involvedObject: {
          kind: 'Widget',
          namespace: 'default',
          name: 'events',
          uid: object.metadata.uid,
          apiVersion: type.apiVersion,
          resourceVersion: object.metadata.resourceVersion,
        },
        severity: 'error',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        message: 'no luck',
        reason: 'BuildFailed',
        metadata,
        reportingController: 'widget-controller',
        reportingInstance: 'pod-1',
      },
    ]);
  });

  it('counts the same event instead of storing it again', async () => {
    const object = await make('again');
    const { recorder, flush } = setUp();
    for (let n = 0; n < 5; n += 1)
      recorder.record(object, { severity: 'info', reason: 'R', message: 'same' });
    await flush();
    expect(await stored('again')).toMatchObject([{ type: 'Normal', count: 5 }]);
  });

  it('combines many similar events, and drops a flood', async () => {
    const object = await make('flood');
    const { recorder, flush, sent } = setUp();
    for (let n = 0; n < 40; n += 1)
      recorder.record(object, { severity: 'info', reason: 'R', message: `number ${n}` });
    await flush();
    const events = await stored('flood');
    expect(events).toHaveLength(10);
    expect(events.map((event) => event['message'])).toContain('(combined from similar events): number 9');
    expect(events.reduce((sum, event) => sum + Number(event['count']), 0)).toBe(25);
    expect(sent).toHaveLength(40);
  });

  it('keeps trace events in the cluster (flux-compat 1.5)', async () => {
    const { recorder, flush, sent } = setUp();
    recorder.record(await make('traced'), { severity: 'trace', reason: 'R', message: 'small talk' });
    await flush();
    expect(await stored('traced')).toMatchObject([{ type: 'Normal', message: 'small talk' }]);
    expect(sent).toEqual([]);
  });

  it('posts to --events-addr, again after a failure, and takes 429 for "known already"', async () => {
    const answers = [500, 202, 429, 400, 202];
    const bodies: string[] = [];
    const server = await startReceiver((body) => {
      bodies.push((JSON.parse(body) as EventNotice).message);
      return answers.shift() ?? 500;
    });
    const sink = createWebhookSink({ address: server.address, clock: systemClock, logger: silentLogger });
    const notice = (message: string) => ({ message }) as EventNotice;
    for (const message of ['retried', 'known', 'refused', 'fine']) sink.send(notice(message));
    await sink.flush(AbortSignal.timeout(10_000));
    expect(bodies).toEqual(['retried', 'retried', 'known', 'refused', 'fine']);
    await sink.close();
    await server.stop();
  });
});

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
    const ownTransport = createTransport(await loadCluster({ kubeconfig: plane.kubeconfig }));
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

async function startReceiver(
  answer: (body: string) => number,
): Promise<{ address: string; stop(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => response.writeHead(answer(body)).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    address: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function crd(): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.writes.flotilla.test' },
    spec: {
      group: 'writes.flotilla.test',
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
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

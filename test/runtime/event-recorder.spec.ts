import { createServer, type Server } from 'node:http';
import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { systemClock } from '@flotilla/agent/runtime/clock';
import { createEventRecorders, type EventNotice } from '@flotilla/agent/runtime/event-recorder';
import { silentLogger } from '@flotilla/agent/runtime/logger';
import { createWebhookSink } from '@flotilla/agent/runtime/webhook-sink';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWidgetCluster, widgetType, type WidgetCluster } from './widget-cluster.js';

let cluster: WidgetCluster;
let client: KubeClient;
beforeAll(async () => {
  cluster = await startWidgetCluster();
  client = cluster.client;
});
afterAll(() => cluster?.stop());

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
    const object = await cluster.make('events', { 'event.toolkit.fluxcd.io/team': 'a', other: 'b' });
    const { recorder, flush, sent } = setUp();
    recorder.record(object, {
      severity: 'error',
      reason: 'BuildFailed',
      message: 'no luck',
      metadata: { revision: 'main@sha1:1' },
    });
    await flush();
    const metadata = { 'test.flotilla.test/revision': 'main@sha1:1', 'event.toolkit.fluxcd.io/team': 'a' };
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
          apiVersion: widgetType.apiVersion,
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
    const object = await cluster.make('again');
    const { recorder, flush } = setUp();
    for (let n = 0; n < 5; n += 1)
      recorder.record(object, { severity: 'info', reason: 'R', message: 'same' });
    await flush();
    expect(await stored('again')).toMatchObject([{ type: 'Normal', count: 5 }]);
  });

  it('combines many similar events, and drops a flood', async () => {
    const object = await cluster.make('flood');
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
    recorder.record(await cluster.make('traced'), { severity: 'trace', reason: 'R', message: 'small talk' });
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

// Probes and deliveries of a hub without the hub: the real parts, wired by hand.
import { GateList } from '@flotilla/common/fleet-api/gates';
import { OutgoingHttp } from '@flotilla/hub/platform/outgoing/outgoing-http';
import { CommitStatusProbe } from '@flotilla/hub/probes/commit-status.probe';
import { OutsideProbe } from '@flotilla/hub/probes/outside.probe';
import { PrometheusProbe } from '@flotilla/hub/probes/prometheus.probe';
import { WebhookProbe } from '@flotilla/hub/probes/webhook.probe';
import type { GateQuestion, GateVerdict, ProbedGate } from '@flotilla/hub/promotions/gate-probe';
import type { ReleaseItem } from '@flotilla/hub/releases/releases';
import { FakeClock } from './api-hub.js';

export const commit = 'c0ffee'.padEnd(40, '0');

/** An item of a release: the GitRepository `name` at a commit. */
export function item(url: string, { name = 'apps', at = commit } = {}): ReleaseItem {
  return {
    source: { kind: 'GitRepository', namespace: 'flux-system', name },
    url,
    revision: `main@sha1:${at}`,
    digest: null,
    authors: ['Ada <ada@example.test>'],
  };
}

export function promotionOf(items: readonly ReleaseItem[]): GateQuestion['promotion'] {
  return {
    id: '0199aaaa-0000-7000-8000-000000000001',
    pipeline: 'shop',
    environment: 'prod',
    release: { id: '0199aaaa-0000-7000-8000-000000000002', name: 'shop-7', items },
    priority: 'normal',
    requestedBy: 'ci',
    createdAt: new Date('2026-03-01T11:00:00.000Z'),
  };
}

export interface GateWorld {
  readonly clock: FakeClock;
  readonly http: OutgoingHttp;
  /** Asks a gate as a pipeline has it, with defaults; an error counts as the hub counts it. */
  ask(
    gate: Record<string, unknown>,
    more?: Partial<Omit<GateQuestion, 'gate'>>,
    signal?: AbortSignal,
  ): Promise<GateVerdict>;
  stop(): Promise<void>;
}

/** Starts the probes; only to the hosts of the list, where there are some. */
export function startGateWorld(outgoingHosts: readonly string[] = []): GateWorld {
  const clock = new FakeClock();
  const http = new OutgoingHttp({ outgoingHosts });
  const probe = new OutsideProbe(
    new WebhookProbe(http, clock),
    new PrometheusProbe(http, clock),
    new CommitStatusProbe(http),
  );
  return {
    clock,
    http,
    async ask(written, more = {}, signal = new AbortController().signal) {
      const [gate] = GateList.parse([written]);
      const question: GateQuestion = {
        promotion: promotionOf([item('https://git.example.com/org/fleet')]),
        stage: 'before',
        askedFirstAt: clock.now(),
        memory: null,
        ...more,
        gate: gate as ProbedGate,
      };
      return probe.ask(question, signal).catch((error: Error) => ({
        phase: 'wait' as const,
        message: `no answer: ${error.message}`,
      }));
    },
    stop: () => http.onApplicationShutdown(),
  };
}

import { Injectable } from '@nestjs/common';
import { durationMs } from '@flotilla/common/fleet-api/fields';
import type { Gate } from '@flotilla/common/fleet-api/gates';
import { Clock } from '../platform/clock.js';
import { OutgoingHttp } from '../platform/outgoing/outgoing-http.js';
import type { OutgoingQuestion } from '../platform/outgoing/outgoing-http.js';
import { quoted } from '../platform/outgoing/outgoing-error.js';
import { secretOf } from '../platform/outgoing/secrets.js';
import type { GateQuestion, GateVerdict } from '../promotions/gate-probe.js';
import { failing, numberText, samplesOf } from './domain/prometheus-answer.js';
import type { Sample } from './domain/prometheus-answer.js';
import { heldSince, writeHeld } from './domain/unbroken.js';

type PrometheusGate = Extract<Gate, { readonly type: 'prometheus' }>;

/** Proxies cut longer addresses. */
const longestAddress = 2_000;
const mostSamples = 3;

/** Asks a Prometheus whether a query meets a condition, and has done so for long enough. */
@Injectable()
export class PrometheusProbe {
  constructor(
    private readonly http: OutgoingHttp,
    private readonly clock: Clock,
  ) {}

  async ask(gate: PrometheusGate, { memory }: GateQuestion, signal: AbortSignal): Promise<GateVerdict> {
    const token = secretOf(gate.tokenEnv);
    const { status, json } = await this.http.askJson({ ...queryOf(gate, token), signal, secrets: [token] });
    const { host } = new URL(gate.url);
    if (status === 401 || status === 403)
      return { phase: 'wait', message: `${host} refuses the credentials (${status})` };
    const samples = samplesOf(json);
    if ('problem' in samples) {
      const problem =
        json === undefined ? `answered ${status} without JSON` : quoted(samples.problem, [token]);
      return { phase: 'wait', message: `${host}: ${problem}` };
    }
    if (status !== 200) return { phase: 'wait', message: `${host} answered ${status}` };
    return this.judge(gate, samples, memory);
  }

  private judge(
    gate: PrometheusGate,
    samples: readonly Sample[],
    memory: GateQuestion['memory'],
  ): GateVerdict {
    const { condition, onEmpty, interval } = gate;
    if (samples.length === 0 && onEmpty !== 'pass')
      return { phase: onEmpty, message: 'the query has no result' };
    const bad = failing(samples, condition);
    const wanted = `${condition.operator} ${condition.value}`;
    if (bad.length > 0)
      return { phase: 'wait', message: `${samplesText(bad, samples.length)}; has to be ${wanted}` };
    const now = this.clock.now();
    const held = heldSince(memory, interval, now);
    const until = new Date(held.since.getTime() + durationMs(gate.for));
    const kept = writeHeld(held);
    const what = samples.length === 0 ? 'the query has no result' : samplesText(samples, samples.length);
    if (now >= until) return { phase: 'pass', message: `${what} (${wanted})`, memory: kept };
    const message = `${what} (${wanted}) since ${held.since.toISOString()}; has to be for ${gate.for}`;
    return { phase: 'wait', message, until, memory: kept };
  }
}

function queryOf(
  { url, query }: PrometheusGate,
  token: string | undefined,
): Pick<OutgoingQuestion, 'method' | 'url' | 'headers' | 'body'> {
  const base = new URL(url);
  base.pathname = `${base.pathname.replace(/\/+$/, '')}/api/v1/query`;
  base.hash = '';
  const form = new URLSearchParams({ query }).toString();
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  if (base.href.length + form.length > longestAddress)
    return {
      method: 'POST',
      url: base.href,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    };
  base.searchParams.set('query', query);
  return { method: 'GET', url: base.href, headers };
}

function samplesText(samples: readonly Sample[], total: number): string {
  const shown = samples
    .slice(0, mostSamples)
    .map(({ series, value }) => `${series === '' ? '' : `${quoted(series)} `}is ${numberText(value)}`);
  const more = samples.length - mostSamples;
  const rest = more > 0 ? ` and ${more} more` : '';
  return total === 1 ? `${shown[0]}` : `${samples.length} of ${total} series: ${shown.join(', ')}${rest}`;
}

import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Gate } from '@flotilla/common/fleet-api/gates';
import { gateName } from '@flotilla/common/fleet-api/gates';
import { z } from 'zod';
import { Clock } from '../platform/clock.js';
import { OutgoingHttp } from '../platform/outgoing/outgoing-http.js';
import { quoted } from '../platform/outgoing/outgoing-error.js';
import { secretOf } from '../platform/outgoing/secrets.js';
import type { GateQuestion, GateVerdict } from '../promotions/gate-probe.js';

type WebhookGate = Extract<Gate, { readonly type: 'webhook' }>;

const Answer = z.object({
  phase: z.enum(['pass', 'wait', 'fail']),
  message: z.string().default(''),
});

/** Asks an HTTP service by POST of the promotion, signed where the gate names a key. */
@Injectable()
export class WebhookProbe {
  constructor(
    private readonly http: OutgoingHttp,
    private readonly clock: Clock,
  ) {}

  async ask(gate: WebhookGate, question: GateQuestion, signal: AbortSignal): Promise<GateVerdict> {
    const key = secretOf(gate.secretEnv);
    const body = JSON.stringify(bodyOf(gate, question, this.clock.now()));
    const { status, json } = await this.http.askJson({
      method: 'POST',
      url: gate.url,
      headers: {
        'content-type': 'application/json',
        ...(key !== undefined && { 'x-flotilla-signature': signatureOf(key, body) }),
      },
      body,
      signal,
      secrets: [key],
    });
    const { host } = new URL(gate.url);
    if (status !== 200) return { phase: 'wait', message: `${host} answered ${status}` };
    const answer = Answer.safeParse(json);
    if (!answer.success)
      return {
        phase: 'wait',
        message: `${host} answered something else than {"phase":"pass|wait|fail","message":"…"}`,
      };
    const { phase, message } = answer.data;
    return { phase, message: quoted(message, [key]) || `${host} says ${phase}` };
  }
}

/** `sha256=` and the HMAC of the body, in hex. */
export function signatureOf(key: string, body: string): string {
  return `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
}

/** What a webhook is told. `askedAt` is signed with the rest, so that an old question can be told from a new one. */
function bodyOf(gate: WebhookGate, { promotion, stage, askedFirstAt }: GateQuestion, askedAt: Date): object {
  const { id, pipeline, environment, priority, requestedBy, createdAt, release } = promotion;
  return {
    id,
    pipeline,
    environment,
    stage,
    gate: gateName(gate),
    priority,
    requestedBy,
    createdAt,
    askedFirstAt,
    askedAt,
    release: {
      id: release.id,
      name: release.name,
      items: release.items.map(({ source, url, revision, digest, authors }) => ({
        source: { kind: source.kind, namespace: source.namespace, name: source.name },
        url,
        revision,
        digest,
        authors,
      })),
    },
  };
}

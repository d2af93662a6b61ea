import { Injectable } from '@nestjs/common';
import { GateProbe } from '../promotions/gate-probe.js';
import type { GateQuestion, GateVerdict } from '../promotions/gate-probe.js';
import { CommitStatusProbe } from './commit-status.probe.js';
import { PrometheusProbe } from './prometheus.probe.js';
import { WebhookProbe } from './webhook.probe.js';

/** Hands each question to the probe of its gate's type. */
@Injectable()
export class OutsideProbe extends GateProbe {
  constructor(
    private readonly webhook: WebhookProbe,
    private readonly prometheus: PrometheusProbe,
    private readonly commitStatus: CommitStatusProbe,
  ) {
    super();
  }

  async ask(question: GateQuestion, signal: AbortSignal): Promise<GateVerdict> {
    const { gate } = question;
    switch (gate.type) {
      case 'webhook':
        return this.webhook.ask(gate, question, signal);
      case 'prometheus':
        return this.prometheus.ask(gate, question, signal);
      case 'commitStatus':
        return this.commitStatus.ask(gate, question, signal);
    }
  }
}

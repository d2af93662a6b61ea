import { Global, Module } from '@nestjs/common';
import { GateProbe } from '../promotions/gate-probe.js';
import { CommitStatusProbe } from './commit-status.probe.js';
import { OutsideProbe } from './outside.probe.js';
import { PrometheusProbe } from './prometheus.probe.js';
import { WebhookProbe } from './webhook.probe.js';

/** Gates that ask the outside: webhooks, Prometheus, commit statuses of Git hosts. */
@Global()
@Module({
  providers: [
    WebhookProbe,
    PrometheusProbe,
    CommitStatusProbe,
    { provide: GateProbe, useClass: OutsideProbe },
  ],
  exports: [GateProbe],
})
export class ProbesModule {}

import { Global, Module } from '@nestjs/common';
import { ClustersModule } from '../clusters/clusters.module.js';
import { EnrollmentModule } from '../enrollment/enrollment.module.js';
import { ObjectsModule } from '../objects/objects.module.js';
import { AgentEndpoint } from './agent-endpoint.js';
import { ClusterSplitStore } from './cluster-split.store.js';
import { DatabaseTurnstile } from './database-turnstile.js';
import { EnrollmentEndpoint } from './enrollment-endpoint.js';
import { GatewayService } from './gateway.service.js';
import { IntentDispatcher } from './intent-dispatcher.js';
import { IntentDelivery } from './intent-port.js';
import { Listeners } from './listeners.js';
import { QuestionDispatcher } from './question-dispatcher.js';
import { QuestionDelivery } from './question-port.js';
import { Quarantine } from './quarantine.js';
import { Replica } from './replica.js';
import { SessionClaimStore } from './session-claim.store.js';
import { SessionOpening } from './session-opening.js';
import { SessionRelease } from './session-release.js';
import { SessionRegistry } from './session-registry.js';
import { ShardDeliveries } from './shard-deliveries.js';
import { StandingAnnouncer } from './standing-announcer.js';
import { StandingDispatcher } from './standing-dispatcher.js';
import { StandingDelivery } from './standing-port.js';

/** Global, because the intents ask for `IntentDelivery` (standing ones for `StandingDelivery`) and the gateway asks for theirs: neither imports the other. */
@Global()
@Module({
  imports: [ClustersModule, EnrollmentModule, ObjectsModule],
  providers: [
    ClusterSplitStore,
    DatabaseTurnstile,
    SessionRegistry,
    SessionClaimStore,
    SessionOpening,
    SessionRelease,
    Quarantine,
    Replica,
    ShardDeliveries,
    IntentDispatcher,
    { provide: IntentDelivery, useExisting: IntentDispatcher },
    StandingDispatcher,
    QuestionDispatcher,
    { provide: QuestionDelivery, useExisting: QuestionDispatcher },
    { provide: StandingDelivery, useClass: StandingAnnouncer },
    AgentEndpoint,
    EnrollmentEndpoint,
    Listeners,
    GatewayService,
  ],
  exports: [IntentDelivery, StandingDelivery, QuestionDelivery, GatewayService],
})
export class GatewayModule {}

import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { OpenApiModule } from './openapi/openapi.module.js';
import { ClustersModule } from './clusters/clusters.module.js';
import { ConfigurationModule } from './configuration/configuration.module.js';
import { EnrollmentModule } from './enrollment/enrollment.module.js';
import { GatewayModule } from './gateway/gateway.module.js';
import { GovernanceModule } from './governance/governance.module.js';
import { HousekeepingModule } from './housekeeping/housekeeping.module.js';
import { FleetModule } from './fleet/fleet.module.js';
import { FreezesModule } from './freezes/freezes.module.js';
import { IntentsModule } from './intents/intents.module.js';
import { StandingModule } from './standing/standing.module.js';
import { PipelinesModule } from './pipelines/pipelines.module.js';
import { ReleasesModule } from './releases/releases.module.js';
import { PlansModule } from './plans/plans.module.js';
import { PromotionsModule } from './promotions/promotions.module.js';
import { RolloutsModule } from './rollouts/rollouts.module.js';
import { StreamModule } from './stream/stream.module.js';
import { DeliveryModule } from './delivery/delivery.module.js';
import { ProbesModule } from './probes/probes.module.js';
import { GitModule } from './platform/git/git.module.js';
import { OutgoingModule } from './platform/outgoing/outgoing.module.js';
import { JobsModule } from './platform/jobs/jobs.module.js';
import { PlatformModule } from './platform/platform.module.js';
import type { PlatformParts } from './platform/platform.module.js';

/** Every entity of every feature. */
export const entities: readonly EntityTarget<ObjectLiteral>[] = [];

/** The features; one line each. */
const features: NonNullable<DynamicModule['imports']> = [
  JobsModule,
  GitModule,
  OutgoingModule,
  AuthModule,
  AuditModule,
  OpenApiModule,
  ClustersModule,
  EnrollmentModule,
  GatewayModule,
  HousekeepingModule,
  FleetModule,
  IntentsModule,
  StandingModule,
  FreezesModule,
  ConfigurationModule,
  PipelinesModule,
  ReleasesModule,
  PromotionsModule,
  ProbesModule,
  DeliveryModule,
  RolloutsModule,
  PlansModule,
  GovernanceModule,
  StreamModule,
];

@Module({})
export class AppModule {
  static with(parts: PlatformParts): DynamicModule {
    return { module: AppModule, imports: [PlatformModule.with(parts), ...features] };
  }
}

import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionControl } from '../clusters/session-control.js';
import { StandingDelivery } from './standing-port.js';

/** Tells the replicas that hold a cluster's sessions that its set has changed. */
@Injectable()
export class StandingAnnouncer extends StandingDelivery {
  constructor(private readonly control: SessionControl) {
    super();
  }

  async announce(manager: EntityManager, clusterIds: readonly string[]): Promise<void> {
    await this.control.send(
      manager,
      clusterIds.map((clusterId) => ({ type: 'standing', clusterId })),
    );
  }
}

import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { LaneKey } from './promotion.store.js';

/** Lanes with a promotion that has not begun to move, and that others may be in the way of. */
@Injectable()
export class WaitingLaneStore {
  async list(manager: EntityManager): Promise<readonly LaneKey[]> {
    return manager.query(
      `SELECT DISTINCT p.pipeline, p.environment FROM promotions p
       WHERE p.retired_at IS NULL AND p.ended_at IS NULL AND p.state IN ('Queued', 'Gating', 'Delivering')`,
    );
  }
}

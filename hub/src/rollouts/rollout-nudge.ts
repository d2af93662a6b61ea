import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { IntentDelivery } from '../gateway/intent-port.js';
import { IntentStore } from '../intents/intent.store.js';
import { newId } from '../platform/ids.js';
import type { RolloutSubject } from './rollout-row.js';

/** A retry that is not carried out by then is left to the interval of the object. */
const validMs = 300_000;

interface Target {
  readonly clusterId: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Lets agents try at once what failed: the pin is the same revision, so that nothing else would move them. */
@Injectable()
export class RolloutNudge {
  constructor(
    private readonly intents: IntentStore,
    private readonly delivery: IntentDelivery,
  ) {}

  /** Asks for a reconcile of the Kustomizations of these clusters that are not ready. */
  async retry(
    manager: EntityManager,
    { id, items }: RolloutSubject,
    clusterIds: readonly string[],
    now: Date,
  ): Promise<void> {
    const targets = await manager.query<Target[]>(
      `SELECT k.cluster_id AS "clusterId", k.api_version AS "apiVersion", k.kind, k.namespace, k.name
       FROM object_statuses k JOIN jsonb_array_elements($2::jsonb) i ON k.source_kind = i -> 'source' ->> 'kind'
         AND k.source_namespace = i -> 'source' ->> 'namespace' AND k.source_name = i -> 'source' ->> 'name'
       WHERE k.cluster_id = ANY($1) AND k.kind = 'Kustomization' AND NOT k.suspended AND k.ready_status <> 'True'
       ORDER BY k.cluster_id, k.name LIMIT 10000`,
      [clusterIds, JSON.stringify(items)],
    );
    if (targets.length === 0) return;
    const common = {
      action: 'reconcile',
      withSource: true,
      state: 'Pending',
      message: '',
      requestedBy: `rollout/${id}`,
      createdAt: now,
      updatedAt: now,
      expiresAt: new Date(now.getTime() + validMs),
    } as const;
    await this.intents.insert(
      manager,
      targets.map((target) => ({ id: newId(), ...target, ...common })),
    );
    await this.delivery.announce(manager, [...new Set(targets.map(({ clusterId }) => clusterId))]);
  }
}

import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import type { Change } from '../platform/changes/change.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { newId } from '../platform/ids.js';
import { withoutCredentials } from './domain/address.js';
import { holdsCluster, holdsSource } from './domain/freeze-scope.js';
import type { NewPin } from './pin.store.js';
import { PinStore } from './pin.store.js';
import { StandingIntents } from './standing.js';
import type {
  ActiveFreeze,
  FreezeQuery,
  PinChange,
  PinRecord,
  PinRequest,
  PinTarget,
  StandingProgress,
  VetoRecord,
  VetoRequest,
  VetoTarget,
} from './standing.js';
import { StandingInputs } from './standing-inputs.js';
import { StandingNews } from './standing-news.js';
import { StandingSetStore } from './standing-set.store.js';
import { StandingSets } from './standing-sets.js';
import { VetoStore } from './veto.store.js';

/** What other features ask of clusters through `StandingIntents`. */
@Injectable()
export class StandingRegister extends StandingIntents {
  constructor(
    private readonly pins: PinStore,
    private readonly vetoes: VetoStore,
    private readonly sets: StandingSets,
    private readonly setStore: StandingSetStore,
    private readonly inputs: StandingInputs,
    private readonly news: StandingNews,
    private readonly audit: AuditRecorder,
    private readonly changes: ChangeFeed,
  ) {
    super();
  }

  async change(
    manager: EntityManager,
    { pin = [], pinUnpinned = [], unpin = [] }: PinChange,
    now: Date,
  ): Promise<void> {
    await this.sets.revise(manager, clustersOf([...pin, ...pinUnpinned, ...unpin]), now, async () => {
      if (unpin.length > 0) await this.pins.remove(manager, unpin);
      if (pin.length > 0) await this.pins.put(manager, recordsOf(pin, now));
      if (pinUnpinned.length > 0) await this.pins.putNew(manager, recordsOf(pinUnpinned, now));
    });
  }

  async pinsOf(manager: EntityManager, clusterIds: readonly string[]): Promise<readonly PinRecord[]> {
    return this.pins.of(manager, clusterIds);
  }

  async veto(manager: EntityManager, request: VetoRequest, now: Date): Promise<string> {
    const { url: address, revision, reason, by, rolloutId, requestId } = request;
    const url = withoutCredentials(address);
    const record = { id: newId(), url, revision, reason, requestedBy: by, rolloutId, createdAt: now };
    const { id, isNew } = await this.vetoes.insert(manager, record);
    if (!isNew) return id;
    const details = { url, revision, reason, rolloutId };
    await this.audit.record(manager, {
      actor: by,
      action: 'veto.created',
      subject: `veto/${id}`,
      details,
      ...(requestId !== undefined && { requestId }),
    });
    await this.news.tell(manager);
    await this.changes.publish(manager, [vetoChange(id)]);
    return id;
  }

  async vetoesOf(manager: EntityManager, items: readonly VetoTarget[]): Promise<readonly VetoRecord[]> {
    return this.vetoes.of(manager, items);
  }

  async freezesOf(manager: EntityManager, query: FreezeQuery, now: Date): Promise<readonly ActiveFreeze[]> {
    const { environment, sources } = query;
    const open = await this.inputs.openFreezes(manager, now);
    const freezes = open.filter(({ from, scope }) => from <= now && holdsSource(scope, sources));
    if (freezes.length === 0) return [];
    const named = environment === undefined ? [] : [environment];
    const members = await this.inputs.members(manager, freezes, named);
    const inQuestion =
      query.clusterIds ?? (environment === undefined ? 'all' : [...members.get(environment)!]);
    const clusters = await this.inputs.clusters(manager, inQuestion);
    return freezes
      .filter(
        ({ scope }) =>
          isOfAll(scope) ||
          (environment !== undefined && scope.environment === environment) ||
          clusters.some((cluster) => holdsCluster(scope, cluster, members)),
      )
      .map(({ id, name, scope, reason, until }) => ({ id, name, scope, reason, until }));
  }

  async progressOf(
    manager: EntityManager,
    clusterIds: readonly string[],
  ): Promise<readonly StandingProgress[]> {
    return this.setStore.progress(manager, clusterIds);
  }
}

/** Rollouts and promotions stop, or may go on, at once. */
export function vetoChange(id: string): Change {
  return { topic: 'veto', clusterId: '', key: id, deleted: false };
}

/** A freeze of everything stands also where there is no cluster yet. */
function isOfAll({ environment, cluster }: ActiveFreeze['scope']): boolean {
  return environment === undefined && cluster === undefined;
}

function clustersOf(targets: readonly PinTarget[]): readonly string[] {
  return [...new Set(targets.map(({ clusterId }) => clusterId))].sort();
}

function recordsOf(pins: readonly PinRequest[], now: Date): readonly NewPin[] {
  return lastOfEach(pins).map((pin) => ({ promotionId: null, ...pin, id: newId(), createdAt: now }));
}

/** A source can have one pin: the last one that names it. */
function lastOfEach(pins: readonly PinRequest[]): readonly PinRequest[] {
  const key = ({ clusterId, source }: PinTarget) =>
    [clusterId, source.kind, source.namespace, source.name].join('|');
  return [...new Map(pins.map((pin) => [key(pin), pin])).values()];
}

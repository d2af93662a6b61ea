import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ClusterList } from '../fleet/read-models/cluster-list.js';
import { EventList } from '../fleet/read-models/event-list.js';
import { ObjectList } from '../fleet/read-models/object-list.js';
import { IntentList } from '../intents/read-models/intent-list.js';
import type { Change } from '../platform/changes/change.js';
import { ChangeViews } from '../platform/changes/change-views.js';
import type { ViewTopic } from '../platform/changes/change-views.js';
import type { StreamEvent, StreamTopic } from './domain/stream-event.js';

/** Ids read by one query. */
const batch = 500;
const topicOf = {
  cluster: 'clusters',
  standing: 'clusters',
  object: 'objects',
  event: 'events',
  intent: 'intents',
  environment: 'environments',
  pipeline: 'pipelines',
  release: 'releases',
  promotion: 'promotions',
  rollout: 'rollouts',
  freeze: 'freezes',
  plan: 'plans',
  veto: 'vetoes',
} as const satisfies Record<Change['topic'], StreamTopic>;

/** Reads what changes are about, in the form of the lists. */
@Injectable()
export class ChangeReader {
  constructor(
    private readonly database: DataSource,
    private readonly clusters: ClusterList,
    private readonly objects: ObjectList,
    private readonly events: EventList,
    private readonly intents: IntentList,
    private readonly views: ChangeViews,
  ) {}

  /** One event for each thing that changed; a change of objects changes the roll-up of their cluster, too. */
  async read(changes: readonly Change[]): Promise<readonly StreamEvent[]> {
    const of = (topic: Change['topic']) => changes.filter((change) => change.topic === topic);
    const present = of('cluster').filter(({ deleted }) => !deleted);
    const touched = [...of('object'), ...of('standing'), ...present];
    const names = await this.namesOf(changes.map(({ clusterId }) => clusterId));
    return [
      ...(await this.readObjects(of('object'), names)),
      ...(await this.readByIds(of('event'), 'event', (ids) => this.events.byIds(ids), names)),
      ...(await this.readByIds(of('intent'), 'intent', (ids) => this.intents.byIds(ids), names)),
      ...(await this.readClusters(touched.map(({ clusterId }) => clusterId))),
      ...of('cluster')
        .filter(({ deleted }) => deleted)
        .map(deletedCluster),
      ...(await this.readViews(changes)),
    ];
  }

  /** The clusters as they are now. */
  async readClusters(ids: readonly string[]): Promise<readonly StreamEvent[]> {
    const views = await inBatches([...new Set(ids)], (part) => this.clusters.byIds(part));
    return views.map((view) => event('clusters', 'cluster', view.name, view));
  }

  private async readObjects(
    changes: readonly Change[],
    names: ReadonlyMap<string, string>,
  ): Promise<readonly StreamEvent[]> {
    const keys = changes.flatMap(({ clusterId, key, deleted }) =>
      key === null || deleted ? [] : [{ clusterId, key }],
    );
    const views = await inBatches(keys, (part) => this.objects.byKeys(part));
    const gone = changes.flatMap(({ clusterId, key, deleted }) => {
      const cluster = names.get(clusterId);
      return deleted && key !== null && cluster !== undefined ? [deletedObject(cluster, key)] : [];
    });
    const present = views.map((view) => {
      const key = [view.cluster, view.apiVersion, view.kind, view.namespace, view.name].join('|');
      return event('objects', 'object', key, view);
    });
    return [...present, ...gone, ...crowds(changes, names)];
  }

  /** What other features show; a key that is not there any more was deleted meanwhile. */
  private async readViews(changes: readonly Change[]): Promise<readonly StreamEvent[]> {
    const events: StreamEvent[] = [];
    for (const topic of this.views.topics) {
      const keys = changes.flatMap((change) => (change.topic === topic ? (change.key ?? []) : []));
      const views = await inBatches(keys, (part) => this.views.read(topic, part));
      const present = new Set(views.map(({ key }) => key));
      events.push(...views.map(({ key, view }) => event(topicOf[topic], topic, key, view)));
      events.push(...keys.filter((key) => !present.has(key)).map((key) => deletedView(topic, key)));
    }
    return events;
  }

  private async readByIds<View extends { readonly id: string }>(
    changes: readonly Change[],
    name: 'event' | 'intent',
    read: (ids: readonly string[]) => Promise<readonly View[]>,
    names: ReadonlyMap<string, string>,
  ): Promise<readonly StreamEvent[]> {
    const views = await inBatches(
      changes.flatMap(({ key }) => key ?? []),
      read,
    );
    return [...views.map((view) => event(topicOf[name], name, view.id, view)), ...crowds(changes, names)];
  }

  private async namesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows: { id: string; name: string }[] = await this.database.query(
      'SELECT clusters.id, clusters.name FROM clusters WHERE clusters.id = ANY($1)',
      [[...new Set(ids)]],
    );
    return new Map(rows.map(({ id, name }) => [id, name]));
  }
}

/** So much of one cluster has changed that the lists are quicker. */
function crowds(changes: readonly Change[], names: ReadonlyMap<string, string>): readonly StreamEvent[] {
  return changes.flatMap(({ topic, clusterId, key }) => {
    const cluster = names.get(clusterId);
    if (key !== null || cluster === undefined) return [];
    return [event(topicOf[topic], 'reset', `reset|${cluster}`, { topic: topicOf[topic], cluster })];
  });
}

function deletedCluster({ clusterId, key }: Change): StreamEvent {
  return event('clusters', 'deleted', key ?? clusterId, { kind: 'cluster', name: key ?? clusterId });
}

function deletedView(topic: ViewTopic, key: string): StreamEvent {
  return event(topicOf[topic], 'deleted', key, { kind: topic, name: key });
}

function deletedObject(cluster: string, key: string): StreamEvent {
  const [apiVersion = '', kind = '', namespace = '', name = ''] = key.split('|');
  const object = { apiVersion, kind, namespace, name };
  return event('objects', 'deleted', `${cluster}|${key}`, { kind: 'object', cluster, object });
}

function event(topic: StreamTopic, name: StreamEvent['name'], key: string, data: unknown): StreamEvent {
  return { topic, name, key: `${topic}|${key}`, data: JSON.stringify(data) };
}

async function inBatches<Id, View>(
  ids: readonly Id[],
  read: (part: readonly Id[]) => Promise<readonly View[]>,
): Promise<readonly View[]> {
  const views: View[] = [];
  for (let at = 0; at < ids.length; at += batch) views.push(...(await read(ids.slice(at, at + batch))));
  return views;
}

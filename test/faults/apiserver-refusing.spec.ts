// An API server that is there and does not want to: it asks for patience (429 with Retry-After), or fails (500).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionOf, configMap, gitRepository, kustomization, pathOf } from '../e2e/flux-objects.js';
import { type App } from './app.js';
import { itemName, type Items, range } from './items.js';
import type { Refusal, RequestGate, SeenRequest } from './request-gate.js';
import { World } from './world.js';

let world: World;
let gate: RequestGate;
let kubeconfig: string;
const args = ['--max-retry-delay=1s'];

beforeAll(async () => {
  world = await World.start();
  ({ gate, kubeconfig } = await world.gateOfKube());
  await world.startAgent({ kubeconfig, args });
});
afterAll(() => world?.stop());

const spec = { retryInterval: '1s' };
const before: Items = range(1, 10, 'one');
/** Prunes item 1, changes 2 to 10, creates 11 to 20. */
const during: Items = range(2, 20, 'two');

const isWrite = ({ method }: SeenRequest): boolean => method !== 'GET';
const isOf = (app: string, { path }: SeenRequest): boolean =>
  path.startsWith(`/api/v1/namespaces/${app}/configmaps`);
const isStatusOf = (app: string, { path }: SeenRequest): boolean =>
  [kustomization(app), gitRepository(app, '')].some((object) => path.startsWith(`${pathOf(object)}/status`));

const targets: ReadonlyArray<readonly [string, (app: string) => (request: SeenRequest) => boolean]> = [
  ['dry-runs', (app) => (request) => isOf(app, request) && request.path.includes('dryRun')],
  [
    'writes of objects',
    (app) => (request) => isOf(app, request) && isWrite(request) && !request.path.includes('dryRun'),
  ],
  ['deletions', (app) => (request) => isOf(app, request) && request.method === 'DELETE'],
  ['reads of objects', (app) => (request) => isOf(app, request) && !isWrite(request)],
  ['status writes', (app) => (request) => isStatusOf(app, request)],
  ['whatever it is asked', () => () => true],
];

const refusals: ReadonlyArray<readonly [string, Refusal]> = [
  ['429 with Retry-After', { status: 429, retryAfter: 1 }],
  ['429 without Retry-After', { status: 429 }],
  ['500', { status: 500 }],
];

describe.each(refusals)('an API server that answers %s', (answer, refusal) => {
  const nameOf = (what: string): string => `${answer} ${what}`.replaceAll(/\W+/g, '-').toLowerCase();

  it.each(targets)('to %s: the commit arrives when it answers again', async (what, matches) => {
    const app = await world.readyApp(nameOf(what), before, { spec });
    const refused = gate.refuse(refusal, matches(app.name));
    try {
      const commit = await app.commit(during);
      await world.cluster.fetch(app.name);
      await refused.count(3);
      await app.neverStrayed();
      refused.end();
      await app.holdsExactly(during, commit);
    } finally {
      refused.end();
    }
  });

  it('to an agent that starts: it comes up when the server answers again', async () => {
    const app = await world.readyApp(nameOf('start'), before, { spec });
    await world.cluster.killAgent();
    const commit = await app.commit(during);
    await app.editByHand(5);
    const refused = gate.refuse(refusal, () => true);
    const starting = world.cluster.startAgent();
    try {
      await refused.count(5);
    } finally {
      refused.end();
    }
    await starting;
    await world.cluster.fetch(app.name);
    await app.holdsExactly(during, commit);
  });
});

describe('an API server that fails', () => {
  const refuse = (matches: (request: SeenRequest) => boolean) =>
    gate.refuse({ status: 500, message: 'etcd is on fire' }, matches);
  const pathOfItem = (app: App, item: number): string => pathOf(configMap(app.name, itemName(item)));

  it('for one object is told with object and cause, and nothing is pruned before it is better', async () => {
    const app = await world.readyApp('one-object', before, { spec });
    const refused = refuse((request) => isWrite(request) && request.path.startsWith(pathOfItem(app, 14)));
    try {
      const commit = await app.commit(during);
      await world.cluster.fetch(app.name);
      const failed = await world.cluster.fails(kustomization(app.name), 'ReconciliationFailed');
      expect(conditionOf(failed, 'Ready')?.message).toContain('ConfigMap/one-object/item-14 dry-run failed');
      expect(conditionOf(failed, 'Ready')?.message).toContain('etcd is on fire');
      expect(await world.cluster.configMaps(app.name)).toEqual(app.contentOf(before));
      refused.end();
      await app.holdsExactly(during, commit);
    } finally {
      refused.end();
    }
  });

  it('to prune an object keeps it in the inventory until it is gone', async () => {
    const app = await world.readyApp('one-prune', before, { spec });
    const refused = refuse(({ method, path }) => method === 'DELETE' && path.startsWith(pathOfItem(app, 1)));
    try {
      const commit = await app.commit(during);
      await world.cluster.fetch(app.name);
      const failed = await world.cluster.fails(kustomization(app.name), 'PruneFailed');
      expect(conditionOf(failed, 'Ready')?.message).toBe(
        'delete failed, errors: ConfigMap/one-prune/item-01 delete failed: etcd is on fire;',
      );
      expect(failed.status?.inventory?.entries.map(({ id }) => id)).toContain('one-prune_item-01__ConfigMap');
      refused.end();
      await app.holdsExactly(during, commit);
    } finally {
      refused.end();
    }
  });

  it('to delete the objects of a deleted Kustomization does not make it leave them behind', async () => {
    const app = await world.readyApp('one-deletion', before, { spec });
    const refused = refuse(({ method, path }) => method === 'DELETE' && path.startsWith(pathOfItem(app, 5)));
    try {
      await app.remove();
      await refused.count(2);
      expect(await world.cluster.read(kustomization(app.name))).toBeDefined();
      refused.end();
      await app.isGone();
    } finally {
      refused.end();
    }
  });
});

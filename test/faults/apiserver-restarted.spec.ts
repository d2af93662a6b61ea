// The API server is killed in the middle of the agent's work, and comes back on the same etcd and port.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../servers/wait-for.js';
import type { App } from './app.js';
import { type Items, range } from './items.js';
import { World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await World.start();
  // Whoever fails while nobody answers asks again soon, so that the test need not wait.
  await world.startAgent({ args: ['--max-retry-delay=1s'] });
});
afterAll(() => world?.stop());

const spec = { retryInterval: '1s' };
const many = 60;
const before: Items = range(1, many, 'one');

/** Kills the API server as soon as etcd has seen what the probe looks for. */
async function killApiserverWhen(probe: () => Promise<boolean>): Promise<void> {
  await waitFor('the middle of the work', probe, { intervalMs: 2 });
  await world.plane.killApiserver();
}

describe('an API server that is killed and comes back', () => {
  it.each<readonly [string, Items, (app: App) => Promise<boolean>, (app: App) => Promise<boolean>]>([
    [
      'while objects are created',
      { ...before, ...range(many + 1, 2 * many, 'two') },
      async (app) => (await app.written('two')) >= 5,
      async (app) => (await app.written('two')) < many,
    ],
    [
      'while objects are changed',
      range(1, many, 'two'),
      async (app) => (await app.written('two')) >= 5,
      async (app) => (await app.written('two')) < many,
    ],
    [
      'while objects are pruned',
      range(1, 20, 'one'),
      async (app) => (await app.deleted()) >= 5,
      async (app) => (await app.deleted()) < many - 20,
    ],
  ])('%s: the agent ends what it began', async (title, during, begun, isUnfinished) => {
    const app = await world.readyApp(title.replaceAll(' ', '-'), before, { spec });
    const commit = await app.commit(during);
    await world.cluster.fetch(app.name);
    await killApiserverWhen(() => begun(app));
    expect(await isUnfinished(app)).toBe(true);
    await world.plane.restartApiserver();
    await app.holdsExactly(during, commit);
  });

  it('while Git moves on: the agent goes straight to what Git declares then', async () => {
    const app = await world.readyApp('moved', before, { spec });
    await app.commit(range(20, 2 * many, 'two'));
    await world.cluster.fetch(app.name);
    await killApiserverWhen(async () => (await app.written('two')) >= 5);
    const last = { ...range(10, 50, 'three'), ...range(70, 80, 'two') };
    const commit = await app.commit(last);
    await world.plane.restartApiserver();
    await world.cluster.fetch(app.name);
    await app.holdsExactly(last, commit);
  });

  it('while a Kustomization is deleted: its objects go, and so does it', async () => {
    const app = await world.readyApp('deleted', before, { spec });
    await app.remove();
    await killApiserverWhen(async () => (await app.deleted()) >= 5);
    expect(await app.deleted()).toBeLessThan(many);
    await world.plane.restartApiserver();
    await app.comesToHold({});
    await app.isGone();
  });

  it(
    'again and again: every commit arrives, and the same agent still corrects drift at once',
    { timeout: 120_000 },
    async () => {
      const { pid } = world.cluster.agent;
      const app = await world.readyApp('often', before, { spec });
      for (const round of [1, 2, 3]) {
        const version = `round-${round}`;
        const items = range(1 + 10 * round, many + 10 * round, version);
        const commit = await app.commit(items);
        await world.cluster.fetch(app.name);
        await killApiserverWhen(async () => (await app.written(version)) >= 15 * round);
        await world.plane.restartApiserver();
        await app.holdsExactly(items, commit);
        await app.editByHand(50);
        await app.deleteByHand(51);
        await app.comesToHold(items, { timeoutMs: 10_000 });
      }
      expect(world.cluster.agent).toMatchObject({ pid });
      expect(world.cluster.agent.running()).toBe(true);
      await app.neverStrayed();
    },
  );
});

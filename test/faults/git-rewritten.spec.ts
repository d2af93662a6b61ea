// Git goes away, and comes back with another history. Meanwhile the last good artifact stays in use; afterwards the
// cluster holds what the new history declares and nothing else.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionOf, gitRepository, kustomization } from '../e2e/flux-objects.js';
import { toolOutput } from '../servers/tool.js';
import type { App } from './app.js';
import { type FreezingProxy, startFreezingProxy } from './freezing-proxy.js';
import { type Items, range } from './items.js';
import { startRequestGate, type RequestGate } from './request-gate.js';
import { World } from './world.js';

let world: World;
let network: FreezingProxy;
let gate: RequestGate;

beforeAll(async () => {
  world = await World.start();
  network = await startFreezingProxy(new URL(world.git.url).host);
  gate = await startRequestGate(new URL(`http://${network.address}`));
  await world.startAgent();
});
afterAll(async () => {
  await world?.stop();
  await gate?.stop();
  await network?.stop();
});

const first: Items = range(1, 10, 'one');
const second: Items = range(1, 20, 'two');
/** Takes back most of what the lost commits declared, and declares what the first did, differently. */
const rewritten: Items = { ...range(5, 12, 'three'), ...range(30, 35, 'three') };

/** A Git server that is away, and how it is there again. */
const absences: ReadonlyArray<readonly [string, () => void, () => void]> = [
  ['answers 503', () => world.git.setAvailable(false), () => world.git.setAvailable(true)],
  ['resets connections', () => network.cut(), () => network.mend()],
  ['says nothing', () => network.freeze(), () => network.mend()],
];

async function readyOnSecond(name: string): Promise<{ app: App; root: string; lost: string }> {
  const app = await world.readyApp(name, first, {
    url: `${gate.url}/${name}.git`,
    source: { timeout: '2s' },
  });
  const root = await app.repository.head();
  const lost = await app.commit(second);
  await world.cluster.fetch(name);
  await app.holdsExactly(second, lost);
  return { app, root, lost };
}

async function fetchFails(app: App): Promise<void> {
  const asked = await world.cluster.fetch(app.name);
  const failed = await world.cluster.until(
    gitRepository(app.name, ''),
    (seen) =>
      seen.status?.lastHandledReconcileAt === asked &&
      conditionOf(seen, 'FetchFailed')?.reason === 'GitOperationFailed',
  );
  expect(conditionOf(failed, 'Ready')).toMatchObject({ status: 'False', reason: 'GitOperationFailed' });
  expect(conditionOf(failed, 'ArtifactInStorage')?.status).toBe('True');
}

async function followsRewritten(app: App, commit: string): Promise<void> {
  await world.cluster.fetch(app.name);
  await app.holdsExactly(rewritten, commit);
  const source = await world.cluster.read(gitRepository(app.name, ''));
  expect(conditionOf(source, 'FetchFailed')).toBeUndefined();
  expect(source?.status?.artifact?.revision).toBe(`main@sha1:${commit}`);
}

describe('a Git server that is away and comes back with a rewritten branch', () => {
  it.each(absences)('%s: the last good artifact serves until then', async (title, leave, comeBack) => {
    const { app, root, lost } = await readyOnSecond(title.replaceAll(' ', '-'));
    leave();
    try {
      await fetchFails(app);
      const commit = await app.rewrite(root, rewritten);
      await app.editByHand(3);
      await app.deleteByHand(4);
      await app.comesToHold(second);
      // A new spec is applied from what is there.
      await world.cluster.patch(kustomization(app.name), { spec: { prune: true, timeout: '3m' } });
      await world.cluster.request(kustomization(app.name));
      await app.holdsExactly(second, lost);
      comeBack();
      await followsRewritten(app, commit);
    } finally {
      comeBack();
    }
  });

  it('also serves an agent that starts meanwhile', async () => {
    const { app, root, lost } = await readyOnSecond('restarted');
    network.cut();
    try {
      await world.cluster.killAgent();
      const commit = await app.rewrite(root, rewritten);
      await app.editByHand(3);
      await app.deleteByHand(4);
      await world.cluster.startAgent();
      await app.comesToHold(second);
      await fetchFails(app);
      await app.holdsExactly(second, lost);
      network.mend();
      await followsRewritten(app, commit);
    } finally {
      network.mend();
    }
  });

  it('that has forgotten the lost commits is understood', async () => {
    const { app, root } = await readyOnSecond('collected');
    network.cut();
    const commit = await app.rewrite(root, rewritten);
    const bare = await app.repository.git('remote', 'get-url', 'origin');
    await toolOutput('git', ['reflog', 'expire', '--expire=now', '--all'], { cwd: bare });
    await toolOutput('git', ['gc', '--quiet', '--prune=now'], { cwd: bare });
    network.mend();
    await followsRewritten(app, commit);
  });

  it('that breaks off in the middle of a fetch gives nothing by halves', async () => {
    const { app, root, lost } = await readyOnSecond('broken-off');
    const held = gate.hold(
      'answer',
      ({ method, path }) => method === 'POST' && path.endsWith('/git-upload-pack'),
    );
    const commit = await app.rewrite(root, rewritten);
    await world.cluster.fetch(app.name);
    await held.reached;
    network.cut();
    held.release();
    try {
      await world.cluster.until(
        gitRepository(app.name, ''),
        (seen) => conditionOf(seen, 'FetchFailed')?.status === 'True',
      );
      await app.editByHand(3);
      await app.comesToHold(second);
      await app.holdsExactly(second, lost);
    } finally {
      network.mend();
    }
    await followsRewritten(app, commit);
  });
});

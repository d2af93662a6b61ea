// The volume that holds artifacts, caches and the agent's memory is full, at each step of its way from Git into the
// cluster. Conditions say so, what was good stays good, and the work goes on when there is space again.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { conditionOf, type FluxObject, gitRepository, kustomization, pathOf } from '../e2e/flux-objects.js';
import type { App } from './app.js';
import { type HeldBuild, holdableBuild } from './held-build.js';
import { type Items, range } from './items.js';
import type { RequestGate, SeenRequest } from './request-gate.js';
import { World } from './world.js';

let world: World;
let gate: RequestGate;
let build: HeldBuild;
/** What a full volume is called in messages: `storage` is the agent's own, `tmp` has the folders of builds. */
let volumes: Readonly<Record<'storage' | 'tmp', string>>;
let mounted = false;

beforeAll(async () => {
  world = await World.start();
  const { storage, folder } = world.cluster;
  volumes = { storage, tmp: join(folder.path, 'tmp') };
  mounted = Object.values(volumes).every(mountSmall);
  const kube = await world.gateOfKube();
  gate = kube.gate;
  build = await holdableBuild(folder.path);
  await world.startAgent({
    kubeconfig: kube.kubeconfig,
    args: [`--kustomize-path=${build.program}`, '--max-retry-delay=1s', '--artifact-retention-ttl=1s'],
    env: { TMPDIR: volumes.tmp },
  });
});
beforeEach((context) => {
  if (!mounted) context.skip('no right to mount a small volume');
});
afterEach(() => freeAll());
afterAll(async () => {
  await world?.cluster.killAgent();
  for (const folder of mounted ? Object.values(volumes) : []) execFileSync('umount', ['--lazy', folder]);
  await world?.stop();
});

/** False where mounting needs rights that the machine does not give. */
function mountSmall(folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'none', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

type Volume = keyof typeof volumes;
const ballast = (volume: Volume): string => join(volumes[volume], 'ballast');

/** Leaves not one byte. */
function fill(volume: Volume): void {
  const file = openSync(ballast(volume), 'a');
  try {
    for (const size of [1 << 20, 4096, 1]) writeUntilFull(file, Buffer.alloc(size));
  } finally {
    closeSync(file);
  }
}

function writeUntilFull(file: number, block: Buffer): void {
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

function freeAll(): void {
  for (const volume of ['storage', 'tmp'] as const) rmSync(ballast(volume), { force: true });
}

const spec = { retryInterval: '1s' };
const before: Items = range(1, 10, 'one');
const during: Items = range(2, 20, 'two');

const saysOf =
  (object: FluxObject, text: string) =>
  ({ method, path, body }: SeenRequest): boolean =>
    method === 'PATCH' && path.startsWith(`${pathOf(object)}/status`) && body.includes(text);

interface Moment {
  readonly moment: string;
  /** Fills the disk when the work on the commit that `act` makes has come there. */
  readonly fill: (app: App, act: () => Promise<void>) => Promise<void>;
  readonly object: (app: App) => FluxObject;
  readonly reason: RegExp;
  /** What is committed. Default: `during`. */
  readonly items?: Items;
}

const source = ({ name }: App): FluxObject => gitRepository(name, '');
const consumer = ({ name }: App): FluxObject => kustomization(name);

/** This status is about to be written, and the agent goes on only when the volume is full. */
const beforeStatus =
  (volume: Volume, object: (app: App) => FluxObject, text: string): Moment['fill'] =>
  async (app, act) => {
    const held = gate.hold('request', saysOf(object(app), text));
    await act();
    await held.reached;
    fill(volume);
    held.pass();
  };

const moments: readonly Moment[] = [
  {
    moment: 'before a commit is fetched',
    fill: async (_, act) => {
      fill('storage');
      await act();
    },
    object: source,
    reason: /^(GitOperationFailed|DirectoryCreationFailed|ArchiveOperationFailed)$/,
  },
  {
    moment: 'before the fetched commit is stored',
    fill: beforeStatus('storage', source, 'building artifact: new upstream revision'),
    object: source,
    reason: /^ArchiveOperationFailed$/,
  },
  {
    moment: 'before the artifact is unpacked',
    fill: beforeStatus('storage', source, '"digest":'),
    object: consumer,
    reason: /^ArtifactFailed$/,
  },
  {
    moment: 'before the files of the build are laid out',
    fill: beforeStatus('tmp', consumer, 'Building manifests'),
    object: consumer,
    reason: /^BuildFailed$/,
  },
  {
    moment: 'before it is recorded what will be applied',
    fill: duringBuild,
    object: consumer,
    reason: /^ReconciliationFailed$/,
    // More than fits into what the old memory took, which is removed right before.
    items: range(2, 160, 'two'),
  },
];

/** Kustomize has begun, and ends when the volume is full. */
async function duringBuild(_: App, act: () => Promise<void>): Promise<void> {
  const held = build.hold();
  await act();
  await held.reached;
  fill('storage');
  held.release();
}

/** Files that a step works on; those of failed ones must not stay, or they fill the volume themselves. */
function leftovers(): string[] {
  const { storage, tmp } = volumes;
  const temporary = /(^|\/)tmp_|^\.flotilla\/work\/|\/\.[0-9a-f-]{36}$/;
  return [
    ...readdirSync(tmp),
    ...readdirSync(storage, { recursive: true, encoding: 'utf8' }).filter((name) => temporary.test(name)),
  ];
}

describe('a storage volume that is full', () => {
  it.each(moments)('$moment: is told, and the commit arrives when there is space', async (row) => {
    const app = await world.readyApp(`full-${moments.indexOf(row)}`, before, { spec });
    const { items = during } = row;
    const object = row.object(app);
    let commit = '';
    await row.fill(app, async () => {
      commit = await app.commit(items);
      await world.cluster.fetch(app.name);
    });
    const failed = await world.cluster.until(object, (seen) => {
      const ready = conditionOf(seen, 'Ready');
      return ready?.status === 'False' && row.reason.test(ready.reason);
    });
    expect(conditionOf(failed, 'Ready')?.message).toMatch(/no space left on device/i);
    // Nothing of the commit is in the cluster, and what was good is still looked after.
    expect(await world.cluster.configMaps(app.name)).toEqual(app.contentOf(before));
    freeAll();
    await app.holdsExactly(items, commit);
    expect(leftovers()).toEqual([]);
  });

  it('keeps nobody from correcting drift and from pruning', async () => {
    const app = await world.readyApp('drift', range(1, 20, 'one'), { spec });
    let commit = '';
    await duringBuild(app, async () => {
      commit = await app.commit(range(5, 20, 'one'));
      await world.cluster.fetch(app.name);
    });
    await app.holdsExactly(range(5, 20, 'one'), commit);
    await app.editByHand(7);
    await app.deleteByHand(8);
    await app.comesToHold(range(5, 20, 'one'));
    await app.neverStrayed();
  });

  it('lets an agent start, which corrects drift then and goes on when there is space', async () => {
    const app = await world.readyApp('started', before, { spec });
    await world.cluster.killAgent();
    fill('storage');
    await app.editByHand(5);
    await world.cluster.startAgent();
    await app.comesToHold(before);
    const commit = await app.commit(during);
    await world.cluster.fetch(app.name);
    freeAll();
    await app.holdsExactly(during, commit);
  });
});

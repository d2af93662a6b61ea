// Plays a row: makes what is given, does what happens, and compares with what is expected after each step.
import type { KubeObject } from '@flotilla/common/kube/object';
import { expect } from 'vitest';
import { toolOutput } from '../../servers/tool.js';
import { waitFor } from '../../servers/wait-for.js';
import type { ConformanceRig } from './conformance-agent.js';
import { applyAs, deleteObject } from './objects.js';
import type { Expected, Fields, Given, ScenarioRow, Step } from './scenario-row.js';
import { conditionOf, World } from './world.js';

/** uid and resourceVersion of objects before a step, by reference. */
type Before = ReadonlyMap<string, KubeObject['metadata'] | undefined>;

export async function runScenario(rig: ConformanceRig, row: ScenarioRow): Promise<void> {
  const given = row.given ?? {};
  const world = await World.create(rig, given);
  try {
    const before = await remember(world, row.expect);
    await prepare(world, given);
    if (row.expect) await verify(world, row.expect, before, isSuspended(given));
    for (const step of row.steps ?? []) await play(world, step);
  } finally {
    await silence(world);
  }
}

async function prepare(world: World, given: Given): Promise<void> {
  const { files = { 'app.yaml': app } } = given;
  if (files) await world.writeFiles(files);
  for (const object of given.objects ?? []) await applyAs(world.kube, 'person', world.filled(object));
  await given.before?.(world);
  if (given.manifests === undefined) await createObjects(world, given);
  else await world.kubectl(given.manifests, given.apply);
}

async function createObjects(world: World, given: Given): Promise<void> {
  const { subject = 'Kustomization', source = {}, spec, others = {} } = given;
  const metadata = metadataOf(given);
  if (subject === 'GitRepository') {
    await world.applySource(source ?? {}, metadata);
    return;
  }
  if (source) {
    await world.applySource(source);
    // A Kustomization that comes first would only wait for its source.
    await world.settled(world.source);
  }
  for (const [name, fields] of Object.entries(others)) await world.applyKustomization(name, fields);
  await world.applyKustomization('apps', spec, metadata);
}

function metadataOf({ labels, annotations }: Given): Fields {
  return { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
}

const app = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: '<ns>', name: 'app' },
  data: { value: 'one' },
};

function isSuspended({ subject, source, spec }: Given): boolean {
  return Boolean((subject === 'GitRepository' ? source : spec)?.['suspend']);
}

async function play(world: World, step: Step): Promise<void> {
  const before = await remember(world, step.expect);
  await step.does?.(world);
  if (step.commit) {
    await world.writeFiles(step.commit);
    await world.request(world.source);
  }
  for (const [ref, body] of Object.entries(step.edit ?? {})) await world.edit(ref, body);
  for (const ref of step.remove ?? []) await deleteObject(world.kube, world.ref(ref));
  if (step.spec) await world.edit(world.subject, { spec: step.spec }, 'person');
  if (step.request) await world.request();
  if (step.deletes) await deleteSubject(world);
  if (!step.expect) return;
  await verify(world, step.expect, before, step.deletes || step.settles === false, step.commit !== undefined);
}

async function deleteSubject(world: World): Promise<void> {
  await deleteObject(world.kube, world.subject);
  const gone = async (): Promise<boolean> => (await world.read(world.subject)) === undefined;
  await waitFor('the end of the object', gone, { timeoutMs: 60_000 });
}

/** Waits for the object, and then for all that is expected; the last difference is the error. */
async function verify(
  world: World,
  expected: Expected,
  before: Before,
  isEarly = false,
  hasCommit = false,
): Promise<void> {
  if (!isEarly) await world.settled(world.subject, hasCommit ? world.filled('<revision>') : undefined);
  let last: unknown;
  await waitFor(
    'what is expected',
    async () => {
      try {
        await compare(world, world.filled(expected), before);
        return true;
      } catch (error) {
        last = error;
        return false;
      }
    },
    { timeoutMs: 45_000, intervalMs: 100 },
  ).catch(async (error: unknown) => {
    const failure = (last ?? error) as Error;
    failure.message += `\n${JSON.stringify((await world.read(world.subject))?.status, null, 1)}`;
    throw failure;
  });
}

async function compare(world: World, expected: Expected, before: Before): Promise<void> {
  const subject = await world.read(world.subject);
  if (expected.ready) {
    const { ready } = expected;
    expect(conditionOf(subject, 'Ready')).toMatchObject(
      typeof ready === 'string' ? { status: ready } : ready,
    );
  }
  for (const [type, condition] of Object.entries(expected.conditions ?? {})) {
    const found = conditionOf(subject, type);
    if (condition === null) expect(found, type).toBeUndefined();
    else expect(found, type).toMatchObject(condition);
  }
  if (expected.status) expect(subject?.status).toMatchObject(expected.status);
  if (expected.inventory) expect(inventoryOf(subject)).toEqual(expected.inventory.toSorted());
  for (const [ref, fields] of Object.entries(expected.objects ?? {})) {
    const found = await world.read(ref);
    if (fields === null) expect(found, ref).toBeUndefined();
    else expect(found, ref).toMatchObject(fields);
  }
  compareEvents(world, expected);
  await compareIdentities(world, expected, before);
  if (expected.artifact) expect(await filesOf(world, subject)).toEqual(expected.artifact.toSorted());
  if (expected.check) await expected.check(world, subject as KubeObject);
}

function inventoryOf(subject: KubeObject | undefined): string[] {
  const { inventory } = (subject?.status ?? {}) as { inventory?: { entries: { id: string }[] } };
  return (inventory?.entries ?? []).map(({ id }) => id).toSorted();
}

function compareEvents(world: World, expected: Expected): void {
  const { kind, namespace, name } = world.subject;
  const told = world.rig.events.of(kind, namespace!, name);
  for (const event of expected.events ?? []) {
    expect(told).toEqual(expect.arrayContaining([expect.objectContaining(nested(event))]));
  }
  for (const event of expected.noEvents ?? []) {
    expect(told).not.toEqual(expect.arrayContaining([expect.objectContaining(nested(event))]));
  }
}

/** Parts of inner objects are enough too. */
function nested(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      const isPlain = typeof value === 'object' && value !== null && !('asymmetricMatch' in value);
      return [key, isPlain ? expect.objectContaining(value as object) : value];
    }),
  );
}

async function compareIdentities(world: World, expected: Expected, before: Before): Promise<void> {
  const { kept = [], untouched = [], recreated = [] } = expected;
  for (const ref of [...kept, ...untouched, ...recreated]) {
    const [then, now] = [before.get(ref), (await world.read(ref))?.metadata];
    expect(now, ref).toBeDefined();
    if (recreated.includes(ref)) expect(now?.uid, ref).not.toBe(then?.uid);
    else expect(now?.uid, ref).toBe(then?.uid);
    if (untouched.includes(ref)) expect(now?.resourceVersion, ref).toBe(then?.resourceVersion);
  }
}

async function remember(world: World, expected: Expected | undefined): Promise<Before> {
  const { kept = [], untouched = [], recreated = [] } = world.filled(expected ?? {});
  const before = new Map<string, KubeObject['metadata'] | undefined>();
  for (const ref of [...kept, ...untouched, ...recreated]) before.set(ref, (await world.read(ref))?.metadata);
  return before;
}

async function filesOf(world: World, subject: KubeObject | undefined): Promise<string[]> {
  const { artifact } = subject!.status as { artifact: { path: string } };
  const file = `${world.rig.storagePath}/${artifact.path}`;
  const listing = await toolOutput('tar', ['-tzvf', file], {});
  return listing
    .split('\n')
    .filter((line) => line.startsWith('-'))
    .map((line) => line.replace(/^.*\d\d:\d\d /, '').replace(/^\.\//, ''))
    .toSorted();
}

/** The end of a row: nothing of it is tried again while others run. */
async function silence(world: World): Promise<void> {
  for (const ref of [world.source, world.subject]) {
    if (await world.read(ref).catch(() => undefined)) await world.edit(ref, { spec: { suspend: true } });
  }
}

// A validating webhook that the API server has to ask is slow, silent, gone or strict. Conditions name the object and
// the cause, others are not held up, and everything arrives once the webhook is quick again.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { conditionOf, kustomization } from '../e2e/flux-objects.js';
import {
  type Admission,
  type AdmissionWebhook,
  startAdmissionWebhook,
  type Verdict,
} from './admission-webhook.js';
import { type App, inventoryOf } from './app.js';
import { itemName, type Items, range } from './items.js';
import { World } from './world.js';

let world: World;
/** The API server waits 10 s for the one, and 1 s for the other. */
let patient: AdmissionWebhook;
let impatient: AdmissionWebhook;

beforeAll(async () => {
  world = await World.start();
  patient = await startAdmissionWebhook(world.plane.kube, 'patient', 10);
  impatient = await startAdmissionWebhook(world.plane.kube, 'impatient', 1);
  await world.startAgent();
});
afterEach(() => [patient, impatient].forEach((webhook) => webhook.allow()));
afterAll(async () => {
  await world?.stop();
  await Promise.all([patient?.stop(), impatient?.stop()]);
});

const before: Items = range(1, 6, 'one');
/** Prunes item 1, changes 2 to 6, creates 7 to 9. */
const during: Items = range(2, 9, 'two');

const under = (name: string, webhook: AdmissionWebhook, spec: Readonly<Record<string, unknown>> = {}) =>
  world.readyApp(name, before, { spec: { retryInterval: '1s', ...spec }, labels: webhook.label });

/** Commits, and waits for the failure that has to be told. */
async function failsToApply(app: App, reason: string): Promise<{ message: string; commit: string }> {
  const commit = await app.commit(during);
  await world.cluster.fetch(app.name);
  const failed = await world.cluster.fails(kustomization(app.name), reason);
  return { message: conditionOf(failed, 'Ready')?.message ?? '', commit };
}

/** Nothing of the other Kustomizations waits for this one. */
async function othersGoOn(name: string): Promise<void> {
  const other = await world.readyApp(`other-${name}`, before);
  const commit = await other.commit(during);
  await world.cluster.fetch(other.name);
  await other.holdsExactly(during, commit, { timeoutMs: 15_000 });
  await other.editByHand(3);
  await other.comesToHold(during);
}

describe('a validating webhook', () => {
  it('that takes a second for each object holds up nobody else, and nothing is lost', async () => {
    const app = await under('slow', patient);
    patient.decide(() => ({ allowAfterMs: 1_000 }));
    const commit = await app.commit(during);
    await world.cluster.fetch(app.name);
    await othersGoOn('slow');
    await app.holdsExactly(during, commit);
  });

  // The shortest limit of an apply is 30 s: 20 objects, four at a time, of 8 s each take longer.
  it('that takes longer than spec.timeout is told with the object', { timeout: 120_000 }, async () => {
    const many = range(2, 21, 'two');
    const app = await under('late', patient, { timeout: '30s' });
    patient.decide(() => ({ allowAfterMs: 8_000 }));
    const commit = await app.commit(many);
    await world.cluster.fetch(app.name);
    await othersGoOn('late');
    const failed = await world.cluster.fails(kustomization(app.name), 'ReconciliationFailed', {
      timeoutMs: 60_000,
    });
    expect(conditionOf(failed, 'Ready')?.message).toMatch(
      /^ConfigMap\/late\/item-\d\d dry-run failed: the apply did not end within the timeout of 30s\n$/,
    );
    expect(await world.cluster.configMaps(app.name)).toEqual(app.contentOf(before));
    patient.allow();
    await app.holdsExactly(many, commit);
  });

  it.each<readonly [string, () => Verdict, string]>([
    [
      'never answers',
      () => 'silence',
      'dry-run failed (InternalError): Internal error occurred: failed calling webhook "impatient.example.test"',
    ],
    [
      'hangs up',
      () => 'hang up',
      'dry-run failed (InternalError): Internal error occurred: failed calling webhook "impatient.example.test"',
    ],
    [
      'refuses',
      () => ({ refuse: 'not on a Friday' }),
      'dry-run failed: admission webhook "impatient.example.test" denied the request: not on a Friday',
    ],
  ])('that %s is told with object and cause, and nothing is half done', async (title, verdict, cause) => {
    const name = title.replaceAll(' ', '-');
    const app = await under(name, impatient);
    impatient.decide(verdict);
    const { message, commit } = await failsToApply(app, 'ReconciliationFailed');
    expect(message).toMatch(new RegExp(`^ConfigMap/${name}/item-0[2-9] `));
    expect(message).toContain(cause);
    expect(await world.cluster.configMaps(app.name)).toEqual(app.contentOf(before));
    await othersGoOn(name);
    impatient.allow();
    await app.holdsExactly(during, commit);
  });

  it('that refuses one object keeps the whole commit back', async () => {
    const app = await under('one', impatient);
    impatient.decide(refusing(({ name }) => name === itemName(8)));
    const { message, commit } = await failsToApply(app, 'ReconciliationFailed');
    expect(message).toContain('ConfigMap/one/item-08 dry-run failed: admission webhook');
    expect(await world.cluster.configMaps(app.name)).toEqual(app.contentOf(before));
    impatient.allow();
    await app.holdsExactly(during, commit);
  });

  it('that refuses what it allowed when asked before, leaks nothing of a commit that is taken back', async () => {
    const app = await under('fickle', impatient);
    impatient.decide(refusing(({ name, dryRun }) => name === itemName(9) && !dryRun));
    const { message } = await failsToApply(app, 'ReconciliationFailed');
    expect(message).toContain('ConfigMap/fickle/item-09 apply failed: admission webhook');
    const seen = await world.cluster.read(kustomization(app.name));
    expect(inventoryOf(seen!)).toEqual(app.idsOf(before));
    expect(Object.keys(await world.cluster.configMaps(app.name))).toContain(itemName(7));
    const commit = await app.commit(range(1, 6, 'three'));
    await world.cluster.fetch(app.name);
    await app.holdsExactly(range(1, 6, 'three'), commit);
  });

  it('that refuses a deletion keeps the object in the inventory, and the others go', async () => {
    const app = await world.readyApp('kept', range(1, 6, 'two'), {
      spec: { retryInterval: '1s' },
      labels: impatient.label,
    });
    impatient.decide(refusing(({ name, operation }) => operation === 'DELETE' && name === itemName(1)));
    const commit = await app.commit(range(3, 6, 'two'));
    await world.cluster.fetch(app.name);
    const failed = await world.cluster.fails(kustomization(app.name), 'PruneFailed');
    expect(conditionOf(failed, 'Ready')?.message).toContain(
      'ConfigMap/kept/item-01 delete failed: admission',
    );
    expect(inventoryOf(failed)).toEqual(app.idsOf({ 1: 'two', ...range(3, 6, 'two') }));
    impatient.allow();
    await app.holdsExactly(range(3, 6, 'two'), commit);
  });
});

const refusing =
  (matches: (admission: Admission) => boolean) =>
  (admission: Admission): Verdict =>
    matches(admission) ? { refuse: 'no' } : { allowAfterMs: 0 };

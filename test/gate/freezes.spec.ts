import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionOf, fluxNamespace, gitRepository } from '../e2e/flux-objects.js';
import { waitFor } from '../servers/wait-for.js';
import { artifactOf, GatedCluster } from './gated-cluster.js';
import { freezeOf, pinOf, sourceOf } from './scripted-hub.js';

let fleet: GatedCluster;

beforeAll(async () => {
  fleet = await GatedCluster.start();
});
afterAll(() => fleet?.stop());

const revision = (commit: string): string => `main@sha1:${commit}`;
const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

describe('a freeze', () => {
  it('with the hub away holds across a kill -9, a restart and a lost disk, and ends at its expiry by itself', async () => {
    const { hub, cluster } = fleet;
    const { repository, first } = await fleet.source('frozen');
    const pinned = await fleet.source('pinned');
    const later = await pinned.repository.commit({ 'a.txt': 'two' });
    // Long enough for everything below, on a loaded machine too.
    const expiresAt = inSeconds(45);
    await hub.asked({
      freezes: [freezeOf({ source: sourceOf('frozen'), expiresAt })],
      pins: [pinOf('pinned', revision(pinned.first))],
    });
    hub.vanish();
    await cluster.killAgent();
    const second = await repository.commit({ 'a.txt': 'two' });
    rmSync(cluster.storage, { recursive: true, force: true });
    await cluster.startAgent();

    // Built again, from the commit where it was.
    await fleet.gate('frozen', 'Frozen');
    const frozen = await fleet.at('frozen', first);
    expect(frozen.status?.gate).toMatchObject({ newestRevision: revision(second) });
    expect(conditionOf(await fleet.reconciled('frozen'), 'Held')).toMatchObject({
      status: 'True',
      reason: 'Frozen',
      message: `frozen until ${expiresAt.toISOString()} by ada: end of year; the source stays at '${revision(first)}'`,
    });
    const stays = await fleet.reconciled('pinned');
    expect(artifactOf(await fleet.at('pinned', pinned.first))).toBe(revision(pinned.first));
    expect(stays.status?.gate?.newestRevision).toBe(revision(later));
    expect(Date.now(), 'the freeze still stood when this was looked at').toBeLessThan(expiresAt.getTime());

    // The interval is an hour: it is the end of the freeze that wakes the source.
    const moved = await waitFor('the end of the freeze', async () => fleet.at('frozen', second), {
      timeoutMs: 60_000,
    });
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
    expect(moved.status?.gate).toBeUndefined();
    await hub.appear();
    await waitFor('the agent', () => hub.hellos.at(-1)?.standingVersion === hub.standing.version);
    await hub.asked({});
    await fleet.at('pinned', later);
  });

  it('of the whole cluster stops pins too, except those of a break-glass', async () => {
    const { hub } = fleet;
    const [normal, urgent] = [await fleet.source('normal'), await fleet.source('urgent')];
    const next = {
      normal: await normal.repository.commit({ 'a.txt': 'two' }),
      urgent: await urgent.repository.commit({ 'a.txt': 'two' }),
    };
    const freezes = [freezeOf({ reason: 'stop the line' })];
    await hub.asked({ freezes });
    const pins = [
      pinOf('normal', revision(next.normal)),
      pinOf('urgent', revision(next.urgent), { breakGlass: true }),
    ];
    await hub.asked({ freezes, pins });
    await fleet.at('urgent', next.urgent);
    const held = await fleet.gate('normal', 'Frozen');
    expect(artifactOf(held)).toBe(revision(normal.first));
    expect(held.status?.gate?.message).toMatch(/waits: frozen until it is lifted by ada: stop the line/);
    await hub.asked({ pins });
    await fleet.at('normal', next.normal);
    await hub.asked({});
  });

  it('that has not begun yet holds nothing', async () => {
    const { repository } = await fleet.source('early');
    await fleet.hub.asked({ freezes: [freezeOf({ startsAt: inSeconds(3_600) })] });
    const second = await repository.commit({ 'a.txt': 'two' });
    await fleet.reconciled('early');
    await fleet.at('early', second);
    await fleet.hub.asked({});
  });
});

describe('what the cluster keeps', () => {
  it('is there before the hub is told so, and an older version changes nothing', async () => {
    const { hub } = fleet;
    const version = hub.standing.version + 10n;
    await hub.asked({ freezes: [freezeOf({ id: 'kept', source: sourceOf('nobody') })] }, version);
    const text = (await fleet.stored())?.data?.['standing.json'] ?? '';
    expect(JSON.parse(text)).toMatchObject({ version: String(version), freezes: [{ id: 'kept' }] });
    hub.ask({}, version - 1n);
    await hub.asked({ freezes: [freezeOf({ id: 'newer', source: sourceOf('nobody') })] }, version + 1n);
    expect(hub.acks.map((ack) => ack.version)).not.toContain(version - 1n);
  });

  it('stays as it was when a set comes that is too large to keep, and the hub is told why', async () => {
    const before = await fleet.stored();
    const pins = Array.from({ length: 6_000 }, (_, index) => {
      return pinOf(`p-${index}`, revision('0'.repeat(40)), { reason: randomBytes(300).toString('base64') });
    });
    const known = fleet.hub.standing;
    const ack = await fleet.hub.asked({ pins });
    expect(ack.refusal).toMatch(/^too much to keep: 6000 pins, .*; the former set stands$/);
    expect(await fleet.stored()).toEqual(before);
    const { freezes } = known;
    expect((await fleet.hub.asked({ freezes })).refusal).toBe('');
  });

  it('is asked for again when somebody deletes it', async () => {
    const { hub, cluster } = fleet;
    const known = hub.hellos.length;
    await cluster.remove({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: fluxNamespace, name: 'flotilla-agent-standing' },
    });
    await waitFor(
      'a new session',
      () => hub.hellos.length > known && hub.hellos.at(-1)?.standingVersion === 0n,
    );
    await waitFor('the set', async () =>
      (await fleet.stored())?.data?.['standing.json']?.includes('"newer"'),
    );
  });

  it('stands as the hub gave it when somebody edits it, and is put right', async () => {
    const { hub, cluster } = fleet;
    const { repository, first } = await fleet.source('edited');
    await hub.asked({ freezes: [freezeOf({ id: 'stays', source: sourceOf('edited') })] });
    const known = hub.hellos.length;
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: fluxNamespace, name: 'flotilla-agent-standing' },
    };
    const text = (await fleet.stored())?.data?.['standing.json'] ?? '';
    const without = JSON.stringify({ ...JSON.parse(text), freezes: [] });
    await cluster.patch(object, { data: { 'standing.json': without } });
    await waitFor(
      'the set',
      async () =>
        hub.hellos.length > known && (await fleet.stored())?.data?.['standing.json']?.includes('"stays"'),
    );
    const second = await repository.commit({ 'a.txt': 'two' });
    await fleet.reconciled('edited');
    expect(artifactOf(await fleet.gate('edited', 'Frozen'))).toBe(revision(first));
    await hub.asked({});
    await fleet.at('edited', second);
  });

  it('holds every source when it is corrupt and the hub away, except those that ignore the hub', async () => {
    const { hub, cluster } = fleet;
    const [source, free] = [await fleet.source('unsure'), await fleet.source('unasked', { gate: 'none' })];
    hub.vanish();
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: fluxNamespace, name: 'flotilla-agent-standing' },
    };
    await cluster.patch(object, { data: { 'standing.json': '{"version":' } });
    const second = await source.repository.commit({ 'a.txt': 'two' });
    const other = await free.repository.commit({ 'a.txt': 'two' });
    await cluster.killAgent();
    await cluster.startAgent();
    const held = await fleet.gate('unsure', 'Held');
    expect(artifactOf(held)).toBe(revision(source.first));
    expect(conditionOf(held, 'Held')).toMatchObject({
      reason: 'StandingIntentsUnreadable',
      message: expect.stringMatching(/ConfigMap flux-system\/flotilla-agent-standing is corrupt .*delete it/),
    });
    await fleet.reconciled('unasked');
    await fleet.at('unasked', other);
    await hub.appear();
    await fleet.at('unsure', second);
    expect(conditionOf(await fleet.read('unsure'), 'Held')).toBeUndefined();
  });
});

describe('the owner of the cluster', () => {
  it('says what the hub may ask: pins are refused and told so, freezes count all the same', async () => {
    const { hub, cluster } = fleet;
    const { repository, first } = await fleet.source('owned');
    const args = [`--hub-address=${hub.address}`, '--cluster-name=gated', '--interval-jitter-percentage=0'];
    await cluster.killAgent();
    await cluster.startAgent({ args: [...args, '--hub-intents=reconcile,freeze'] });
    const second = await repository.commit({ 'a.txt': 'two' });
    const pins = [pinOf('owned', revision(first))];
    const ack = await hub.asked({ pins });
    expect(ack.refusal).toBe(
      "this cluster does not allow pin (1 left out) from the hub; see the agent's flag --hub-intents",
    );
    await fleet.reconciled('owned');
    await fleet.at('owned', second);
    const third = await repository.commit({ 'a.txt': 'three' });
    await hub.asked({ pins, freezes: [freezeOf({ source: sourceOf('owned') })] });
    expect(artifactOf(await fleet.reconciled('owned'))).toBe(revision(second));
    await fleet.gate('owned', 'Frozen');

    // What is kept is judged anew at the next start, and the hub hears of it.
    hub.acks.length = 0;
    await cluster.killAgent();
    await cluster.startAgent({ args });
    const again = await waitFor('an answer', () => hub.acks.at(-1));
    expect(again).toMatchObject({ version: hub.standing.version, refusal: '' });
    await hub.asked({});
    await fleet.at('owned', third);
  });
});

describe('the metric of gated sources', () => {
  it('counts by state', async () => {
    const { first } = await fleet.source('counted');
    await fleet.hub.asked({ pins: [pinOf('counted', revision(first))] });
    await fleet.gate('counted', 'Pinned');
    const text = await (await fetch(fleet.cluster.agent.metricsUrl)).text();
    expect(text).toContain('flotilla_agent_gated_sources{kind="GitRepository",state="Pinned"} 1');
    expect(text).toContain('flotilla_agent_gated_sources{kind="GitRepository",state="Refused"} 0');
    await fleet.cluster.remove(gitRepository('counted', ''));
  });
});

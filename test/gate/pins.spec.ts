import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionOf } from '../e2e/flux-objects.js';
import { SourceGate_State as State } from '@flotilla/proto/flotilla/v1/state';
import { waitFor } from '../servers/wait-for.js';
import { artifactOf, GatedCluster } from './gated-cluster.js';
import { pinOf } from './scripted-hub.js';

let fleet: GatedCluster;

beforeAll(async () => {
  fleet = await GatedCluster.start();
});
afterAll(() => fleet?.stop());

const revision = (commit: string): string => `main@sha1:${commit}`;

describe('a pin', () => {
  it('moves its source exactly there, says who and why, and costs nothing once it is there', async () => {
    const { hub, git } = fleet;
    const { repository, first } = await fleet.source('exact');
    const second = await repository.commit({ 'a.txt': 'two' });
    const third = await repository.commit({ 'a.txt': 'three' });
    await hub.asked({ pins: [pinOf('exact', revision(second))] });
    const seen = await fleet.at('exact', second);
    expect(artifactOf(seen)).toBe(revision(second));
    expect(seen.status?.gate).toEqual({
      state: 'Pinned',
      mode: 'preferred',
      message: `pinned to '${revision(second)}' by ada: release web-1`,
      newestRevision: revision(third),
      pinId: expect.any(String),
      pinnedRevision: revision(second),
    });
    expect(conditionOf(seen, 'Held')).toBeUndefined();
    const row = await waitFor('the report', () => {
      const state = hub.row('exact');
      return state?.gate?.state === State.STATE_PINNED && state;
    });
    expect(row).toMatchObject({
      revision: revision(second),
      revisionAuthor: 'Test <test@example.test>',
      gate: { newestRevision: revision(third), pinnedRevision: revision(second), mode: 'preferred' },
    });

    git.resetRequests();
    const before = await fleet.read('exact');
    const after = await fleet.reconciled('exact');
    expect(after.status?.artifact).toEqual(before.status?.artifact);
    // One listing: the reference discovery of the first protocol request, and no fetch.
    expect(git.requests('exact', 'git-upload-pack')).toBeLessThanOrEqual(2);
    expect((await fleet.events('exact')).filter((event) => event.startsWith('Pinned'))).toHaveLength(1);

    // Back to an older one, as a rollback does.
    await hub.asked({ pins: [pinOf('exact', revision(first))] });
    await fleet.at('exact', first);
    // Without a pin it follows again, as Flux does.
    await hub.asked({});
    const free = await fleet.at('exact', third);
    expect(free.status?.gate).toBeUndefined();
    expect((await fleet.events('exact')).at(-1)).toContain('follows its ref again');
  });

  it('to a commit that is not on the branch is refused and reported, and the artifact stays', async () => {
    const { hub } = fleet;
    const { repository, first } = await fleet.source('stranger');
    await repository.branch('side');
    const side = await repository.commit({ 'a.txt': 'side' });
    await hub.asked({ pins: [pinOf('stranger', revision(side))] });
    const seen = await fleet.gate('stranger', 'Refused');
    expect(artifactOf(seen)).toBe(revision(first));
    expect(conditionOf(seen, 'Ready')).toMatchObject({ status: 'True', reason: 'Succeeded' });
    expect(conditionOf(seen, 'Held')).toMatchObject({
      status: 'True',
      reason: 'PinRefused',
      message: expect.stringContaining('the commit is not in the history of refs/heads/main on the remote'),
    });
    const row = await waitFor('the report', () => {
      const state = hub.row('stranger');
      return state?.gate?.state === State.STATE_REFUSED && state;
    });
    expect(row.gate?.message).toContain('not in the history');
    await fleet.reconciled('stranger');
    await fleet.reconciled('stranger');
    const events = await fleet.events('stranger');
    expect(events.filter((event) => event.startsWith('PinRefused'))).toHaveLength(1);
    expect(events.find((event) => event.startsWith('PinRefused'))).toMatch(/x1$/);

    // Once the branch leads there, the same pin is good.
    await repository.git('push', '--quiet', '--force', 'origin', `${side}:refs/heads/main`);
    await fleet.reconciled('stranger');
    expect(conditionOf(await fleet.at('stranger', side), 'Held')).toBeUndefined();
  });

  it('is refused when the branch was rewritten without it', async () => {
    const { repository, first } = await fleet.source('rewritten');
    const second = await repository.commit({ 'a.txt': 'two' });
    await fleet.hub.asked({ pins: [pinOf('rewritten', revision(second))] });
    await fleet.at('rewritten', second);
    await repository.forcePush(first, { 'a.txt': 'other' });
    await fleet.reconciled('rewritten');
    const seen = await fleet.gate('rewritten', 'Refused');
    expect(artifactOf(seen)).toBe(revision(second));
    expect(conditionOf(seen, 'Ready')?.status).toBe('True');
  });

  it('of a source that requires one is the only thing that moves it', async () => {
    const { repository, first } = await fleet.source('required', { gate: 'required', isReady: false });
    const waiting = await fleet.gate('required', 'Held');
    expect(artifactOf(waiting)).toBeUndefined();
    expect(conditionOf(waiting, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'NoPin',
      message: expect.stringMatching(/'required' and the hub has given no pin; nothing is fetched/),
    });
    expect(waiting.status?.gate).toMatchObject({ newestRevision: revision(first), mode: 'required' });
    await fleet.hub.asked({ pins: [pinOf('required', revision(first))] });
    await fleet.at('required', first);
    const second = await repository.commit({ 'a.txt': 'two' });
    await fleet.hub.asked({});
    const held = await fleet.reconciled('required');
    expect(artifactOf(held)).toBe(revision(first));
    expect(held.status?.gate).toMatchObject({ state: 'Held', newestRevision: revision(second) });
    expect(conditionOf(held, 'Ready')?.status).toBe('True');
  });

  it.each([
    ['none', 'the hub is ignored'],
    ['perhaps', 'counts as required'],
  ])('meets the annotation %s: %s', async (gate) => {
    const name = `annotated-${gate}`;
    const { repository, first, object } = await fleet.source(name);
    const second = await repository.commit({ 'a.txt': 'two' });
    const annotations = { 'fleet.flotilla.dev/gate': gate };
    await fleet.cluster.patch(object, { metadata: { annotations } });
    if (gate === 'none') {
      await fleet.at(name, second);
      await fleet.hub.asked({ pins: [pinOf(name, revision(first))] });
      const seen = await fleet.reconciled(name);
      expect(artifactOf(seen)).toBe(revision(second));
      expect(seen.status?.gate).toMatchObject({ state: 'Following', mode: 'none' });
    } else {
      const seen = await fleet.gate(name, 'Held');
      expect(artifactOf(seen)).toBe(revision(first));
      expect(conditionOf(seen, 'Held')).toMatchObject({
        reason: 'InvalidGate',
        message: expect.stringContaining("has the value 'perhaps': expected required, preferred or none"),
      });
    }
  });

  it('costs no write, no event and no fetch while it holds, whatever the state', async () => {
    const { git, hub } = fleet;
    const spec = { interval: '1s' };
    const waiting = await fleet.source('idle-waiting', { spec, gate: 'required', isReady: false });
    const [there, refused] = [
      await fleet.source('idle-there', { spec }),
      await fleet.source('idle-refused', { spec }),
    ];
    const pins = [
      pinOf('idle-there', revision(there.first)),
      pinOf('idle-refused', revision(waiting.first.replaceAll(/[0-9]/g, '0'))),
    ];
    await hub.asked({ pins });
    const states = { 'idle-waiting': 'Held', 'idle-there': 'Pinned', 'idle-refused': 'Refused' } as const;
    const plain = await fleet.source('idle-plain', { spec });
    const seen = async (name: string): Promise<unknown> => ({
      version: (await fleet.read(name)).metadata.resourceVersion,
      events: await fleet.events(name),
    });
    const before = new Map<string, unknown>();
    for (const [name, state] of Object.entries(states)) {
      await fleet.gate(name, state);
      before.set(name, await seen(name));
    }
    git.resetRequests();
    await waitFor('some rounds', () => Object.keys(states).every((name) => git.requests(name) >= 6));
    const ofPlain = git.requests('idle-plain');
    for (const name of Object.keys(states)) {
      expect(await seen(name), name).toEqual(before.get(name));
      // As many as a source without a gate that has nothing to do, give or take the round that is under way.
      expect(git.requests(name), name).toBeLessThanOrEqual(ofPlain + 4);
    }
    await fleet.cluster.remove(plain.object);
    await hub.asked({});
    for (const { object } of [waiting, there, refused]) await fleet.cluster.remove(object);
  });

  it('is not taken when the revision is vetoed, nor is the newest commit', async () => {
    const { repository, first } = await fleet.source('vetoed');
    const bad = await repository.commit({ 'a.txt': 'bad' });
    const veto = { id: 'v-1', url: repository.url, revision: revision(bad), reason: 'it broke dev' };
    await fleet.hub.asked({ vetoes: [veto] });
    const held = await fleet.gate('vetoed', 'Held');
    expect(artifactOf(held)).toBe(revision(first));
    expect(conditionOf(held, 'Held')).toMatchObject({ reason: 'Vetoed' });
    expect(held.status?.gate?.message).toContain('is vetoed: it broke dev');
    await fleet.hub.asked({ vetoes: [veto], pins: [pinOf('vetoed', revision(bad))] });
    expect((await fleet.gate('vetoed', 'Refused')).status?.gate?.message).toContain('it broke dev');
    const good = await repository.commit({ 'a.txt': 'good' });
    await fleet.hub.asked({ vetoes: [veto] });
    await fleet.at('vetoed', good);
  });
});

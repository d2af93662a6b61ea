// A rollout over real clusters, with everything that comes between: a kill, a cluster that joins, one that is away.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gitRepository } from './flux-objects.js';
import { RolloutFleet, statesOf } from './rollout-fleet.js';

const [first, second, third] = ['cluster-1', 'cluster-2', 'cluster-3'] as const;
let fleet: RolloutFleet;

beforeAll(async () => {
  fleet = await RolloutFleet.start(3);
  await fleet.commit('one');
  await fleet.join(first, { tier: 'canary' });
  await fleet.join(second, {});
  await fleet.rollOutBy({ membership: { joined: 'last-wave' } });
}, 300_000);
afterAll(() => fleet?.stop(), 60_000);

describe('a rollout on real clusters', { timeout: 300_000 }, () => {
  it('takes in a cluster that joins in the middle, with the last wave', async () => {
    const started = await fleet.release(await fleet.repository.head());
    await fleet.untilMembers(started, { [first]: 'Moving', [second]: 'Pending' });
    await fleet.join(third, {});
    await fleet.untilMembers(started, { [first]: 'Moving', [second]: 'Pending', [third]: 'Pending' });
    const untouched = await fleet.cluster(third).read(gitRepository('shop', ''));
    expect(untouched?.status?.artifact, 'it takes nothing before it is told to').toBeUndefined();

    await fleet.healthy(first, 'one');
    await fleet.untilMembers(started, { [first]: 'Done', [second]: 'Moving', [third]: 'Pending' });
    await fleet.healthy(second, 'one');
    const last = await fleet.untilMembers(started, { [second]: 'Done', [third]: 'Moving' });
    expect(last.members.find(({ cluster }) => cluster === third)?.wave).toBe('rest');
    await fleet.healthy(third, 'one');
    await fleet.untilPromotion(started, 'Promoted');
    expect(statesOf(await fleet.rollout(started))).toEqual({
      [first]: 'Done',
      [second]: 'Done',
      [third]: 'Done',
    });
    expect(fleet.pinsTo(started.revision, first, second, third)).toEqual({
      [first]: 1,
      [second]: 1,
      [third]: 1,
    });
  });

  it('skips and repeats nothing when the hub is killed in the middle of a wave', async () => {
    const started = await fleet.release(await fleet.commit('two'));
    await fleet.untilMembers(started, { [first]: 'Moving' });
    await fleet.untilPinned(started.revision, first);
    await fleet.hub.kill();
    // The canary becomes healthy while nobody watches; the hub that comes back reads it from the report.
    await fleet.healthy(first, 'two');
    await fleet.cluster(first).reaches('shop', started.commit);
    await fleet.hub.restart();
    await fleet.untilMembers(started, { [first]: 'Done', [second]: 'Moving', [third]: 'Pending' });
    await fleet.untilPinned(started.revision, second);

    await fleet.hub.kill();
    await fleet.healthy(second, 'two');
    await fleet.cluster(second).reaches('shop', started.commit);
    expect(fleet.pinsTo(started.revision, third), 'nobody is told by a hub that is dead').toEqual({
      [third]: 0,
    });
    await fleet.hub.restart();
    await fleet.untilMembers(started, { [second]: 'Done', [third]: 'Moving' });
    await fleet.healthy(third, 'two');
    await fleet.untilPromotion(started, 'Promoted');
    expect(fleet.pinsTo(started.revision, first, second, third)).toEqual({
      [first]: 1,
      [second]: 1,
      [third]: 1,
    });
  });

  it('defers a cluster that is unplugged, outside the failure budget, and catches up when it returns', async () => {
    await fleet.rollOutBy({ failureBudget: 0, membership: { offlineAfter: '5s' } });
    await fleet.cluster(third).killAgent();
    const started = await fleet.release(await fleet.commit('three'));
    await fleet.untilMembers(started, { [first]: 'Moving' });
    await fleet.healthy(first, 'three');
    await fleet.untilMembers(started, { [second]: 'Moving' });
    await fleet.healthy(second, 'three');
    const { reason } = await fleet.untilPromotion(started, 'Promoted');
    const after = await fleet.untilMembers(started, {
      [first]: 'Done',
      [second]: 'Done',
      [third]: 'Deferred',
    });
    expect(after.state, reason).toBe('Succeeded');

    await fleet.cluster(third).startAgent();
    await fleet.healthy(third, 'three');
    await fleet.cluster(third).reaches('shop', started.commit);
    await fleet.untilMembers(started, { [third]: 'Done' });
    expect(fleet.pinsTo(started.revision, first, second, third)).toEqual({
      [first]: 1,
      [second]: 1,
      [third]: 1,
    });
  });

  it('fails, naming cluster and reason, when a pin leads to a commit that is not on the branch', async () => {
    await fleet.rollOutBy({ veto: false });
    const good = await fleet.repository.head();
    await fleet.repository.branch('side');
    const side = await fleet.repository.commit({ 'apps/more.yaml': '{}' });
    const started = await fleet.release(side);
    const { reason } = await fleet.untilPromotion(started, 'Failed');
    expect(reason).toContain(first);
    const view = await fleet.rollout(started);
    expect(statesOf(view)).toEqual({ [first]: 'Failed', [second]: 'Skipped', [third]: 'Skipped' });
    expect(view.members.find(({ cluster }) => cluster === first)?.message).toContain(
      'the commit is not in the history of refs/heads/main',
    );
    const seen = await fleet.cluster(first).read(gitRepository('shop', ''));
    expect(seen?.status?.artifact?.revision, 'the agent has stayed where it was').toBe(`main@sha1:${good}`);
    expect(fleet.pinsTo(started.revision, second, third)).toEqual({ [second]: 0, [third]: 0 });
  });
});

// Freezes in the middle of rollouts on real clusters: held with the hub dead, ended by time alone, broken by two people.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../servers/wait-for.js';
import { gitRepository } from './flux-objects.js';
import { hubClient, type HubClient, type ObjectView } from './hub-client.js';
import { RolloutFleet, type Started } from './rollout-fleet.js';

const [first, second] = ['cluster-1', 'cluster-2'] as const;
const hour = 3_600_000;
let fleet: RolloutFleet;

beforeAll(async () => {
  fleet = await RolloutFleet.start(2);
  await fleet.join(first, { tier: 'canary' });
  await fleet.join(second, {});
  await fleet.rollOutBy();
  const started = await fleet.release(await fleet.commit('one'));
  await fleet.healthy(first, 'one');
  await fleet.healthy(second, 'one');
  await fleet.untilPromotion(started, 'Promoted');
}, 300_000);
afterAll(() => fleet?.stop(), 60_000);

interface GateView {
  readonly gate: { readonly version: number; readonly acknowledgedVersion: number };
}

/** Freezes the environment, and waits until the agent keeps it. */
async function freezeKept(name: string, freeze: string, until: Date): Promise<void> {
  const look = async () => (await fleet.hub.api.call<GateView>('GET', `/clusters/${name}`)).gate;
  const { version: before } = await look();
  await fleet.freeze(freeze, until);
  await waitFor(`${name} to keep the freeze`, async () => {
    const { version, acknowledgedVersion } = await look();
    return version > before && acknowledgedVersion === version;
  });
}

function source(name: string): Promise<ObjectView & { readonly gate: { readonly state: string } | null }> {
  return fleet.hub.api.call('GET', `/clusters/${name}/objects/GitRepository/flux-system/shop`);
}

async function artifactOf(name: string): Promise<{ revision: string; lastUpdateTime: string }> {
  const seen = await fleet.cluster(name).read(gitRepository('shop', ''));
  return seen!.status!.artifact as { revision: string; lastUpdateTime: string };
}

async function person(name: string): Promise<HubClient> {
  const { token } = await fleet.hub.api.call<{ token: string }>('POST', '/api-tokens', {
    name,
    role: 'operator',
  });
  return hubClient({ url: fleet.hub.url, token });
}

describe('a freeze on real clusters', { timeout: 300_000 }, () => {
  it('in the middle of a rollout holds the rest, also over the death of the hub, until it is lifted', async () => {
    const started = await fleet.release(await fleet.commit('two'));
    await fleet.untilMembers(started, { [first]: 'Moving' });
    await fleet.freeze('audit', new Date(Date.now() + hour));
    // What is under way comes to its end.
    await fleet.healthy(first, 'two');
    await fleet.untilMembers(started, { [first]: 'Done', [second]: 'Pending' });
    const held = await waitFor('the rollout to say what holds it', async () => {
      const { members } = await fleet.rollout(started);
      return members.find(({ cluster, message }) => cluster === second && message.includes('audit'));
    });
    expect(held.message).toContain('the audit looks at prod');
    await fleet.hub.kill();
    await fleet.hub.restart();
    await waitFor('the agents to be back', async () => (await fleet.hub.api.cluster(second)).connected);
    await fleet.untilMembers(started, { [first]: 'Done', [second]: 'Pending' });
    expect(fleet.pinsTo(started.revision, first, second)).toEqual({ [first]: 1, [second]: 0 });

    await fleet.hub.api.call('DELETE', '/freezes/audit');
    await fleet.healthy(second, 'two');
    await fleet.untilPromotion(started, 'Promoted');
    expect(fleet.pinsTo(started.revision, first, second)).toEqual({ [first]: 1, [second]: 1 });
  });

  it('keeps an agent from a pin that it has, until the freeze ends by itself with the hub dead', async () => {
    // Told while its agent is down: pin and freeze come together.
    await fleet.cluster(second).killAgent();
    const started = await fleet.release(await fleet.commit('three'));
    await fleet.healthy(first, 'three');
    await fleet.untilMembers(started, { [first]: 'Done', [second]: 'Moving' });
    await fleet.freeze('pause', new Date(Date.now() + hour));
    await fleet.cluster(second).startAgent();
    await waitFor(
      'the agent to say that it is frozen',
      async () => (await source(second)).gate?.state === 'Frozen',
    );
    expect(fleet.pinsTo(started.revision, second), 'it has the pin').toEqual({ [second]: 1 });

    const until = new Date(Date.now() + 12_000);
    await freezeKept(second, 'pause', until);
    await fleet.hub.kill();
    await fleet.healthy(second, 'three');
    await fleet.cluster(second).reaches('shop', started.commit);
    const { lastUpdateTime } = await artifactOf(second);
    // Written in whole seconds.
    expect(Date.parse(lastUpdateTime) + 1_000).toBeGreaterThan(until.getTime());
    await fleet.hub.restart();
    await fleet.untilPromotion(started, 'Promoted');
  });

  describe('that two people break for one promotion', () => {
    let started: Started;

    it('lets nothing pass for one person, and that promotion for two', async () => {
      await fleet.freeze('holidays', new Date(Date.now() + hour));
      started = await fleet.release(await fleet.commit('four'));
      const held = await waitFor('the promotion to wait for the freeze', async () => {
        const view = await fleet.promotion(started);
        return view.waitingFor.includes('holidays') && view;
      });
      expect(held.state).toBe('Gating');
      const [ada, grace] = [await person('ada'), await person('grace')];
      const ask = { promotion: started.promotion, reason: 'the shop is down' };
      await ada.call('POST', '/freezes/holidays/break-glass', ask);
      const again = await ada.send('POST', '/freezes/holidays/break-glass', ask);
      expect(again.status, 'the second person is another one').toBe(403);
      expect((await fleet.promotion(started)).state).toBe('Gating');
      await grace.call('POST', '/freezes/holidays/break-glass', ask);
      await fleet.untilPromotion(started, 'RollingOut');
      await fleet.healthy(first, 'four');
      await fleet.healthy(second, 'four');
      await fleet.untilPromotion(started, 'Promoted');
      expect((await artifactOf(second)).revision).toBe(started.revision);
    });

    it('stands for the next one, and both people are in the audit log', async () => {
      const next = await fleet.release(await fleet.commit('five'));
      await waitFor('the next promotion to wait', async () =>
        (await fleet.promotion(next)).waitingFor.includes('holidays'),
      );
      const records = await fleet.hub.api.list<{
        actor: string;
        action: string;
        details: { promotion?: string };
      }>('/audit?action=break-glass.requested,break-glass.granted');
      expect(records.map(({ actor, action }) => `${action} ${actor}`).toSorted()).toEqual([
        'break-glass.granted grace',
        'break-glass.requested ada',
      ]);
      expect(await artifactOf(first)).toMatchObject({ revision: started.revision });
    });
  });
});

// Plans by agents that speak the protocol by hand: delivery, parts, repetition, deadlines.
import { Answer_State as State } from '@flotilla/proto/flotilla/v1/question';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, joinFleet } from './gateway-agent.js';
import { TestTable } from './gateway-table.js';
import { finding, part, PlanRig, say } from './plan-rig.js';

let rig: PlanRig;

beforeAll(async () => {
  rig = await PlanRig.start();
});

afterAll(() => rig?.stop());

describe('a plan', () => {
  it('is asked on whatever replica the cluster is, and comes back folded', async () => {
    const [a, b] = [await rig.join('a-one'), await rig.join('a-two', undefined, rig.two)];
    const plan = await rig.ask(['a-one', 'a-two']);
    expect(plan.clusters.map(({ state }) => state)).toEqual(['Waiting', 'Waiting']);
    for (const { session } of [a, b]) {
      const { id, question, requestedBy } = await session.next('question');
      expect(question).toMatchObject({ $case: 'plan', value: { ref: 'refs/heads/next', commit: '' } });
      expect(question?.value.digestKey).toHaveLength(32);
      expect(requestedBy).not.toBe('');
      say(session, part(id, 0, finding(['shared', ...(session === a.session ? ['alone'] : [])])));
      say(session, { id, part: 1, state: State.STATE_COMPLETE });
    }
    await expect.poll(async () => (await rig.read(plan.id)).state).toBe('Complete');
    const seen = await rig.read(plan.id);
    const groups = seen.groups.map(({ clusters, changes }) => [
      clusters,
      changes.map(({ object }) => object.name),
    ]);
    expect(groups).toEqual([
      [['a-one', 'a-two'], ['shared']],
      [['a-one'], ['alone']],
    ]);
    expect(seen.groups[0]?.changes[0]).toMatchObject({
      fields: [{ path: '/data/a', before: 'one', after: '12345678901234567890' }],
    });
    expect(seen.totals).toMatchObject({ objects: 3 });
    for (const { session } of [a, b]) session.close();
  });

  it('is asked again after a lost session; a part that comes twice counts once, part 0 begins anew', async () => {
    const { member, table, session } = await rig.join('b-one');
    const plan = await rig.ask(['b-one']);
    const { id } = await session.next('question');
    say(session, part(id, 0, finding(['old'])));
    say(session, part(id, 1, finding(['older'])));
    await expect.poll(async () => (await rig.read(plan.id)).totals.objects).toBe(2);
    session.close();
    const again = await connect(rig.two.agentAddress, member, table);
    expect((await again.next('question')).id).toBe(id);
    say(again, part(id, 0, finding(['new'])));
    say(again, part(id, 0, finding(['new'])));
    say(again, part(id, 1, finding(['newer'])));
    say(again, part(id, 1, finding(['newer'])));
    say(again, part(id, 7, finding(['out of turn'])));
    say(again, { id, part: 2, state: State.STATE_COMPLETE });
    say(again, { id, part: 0, state: State.STATE_FAILED, message: 'too late' });
    await expect.poll(async () => (await rig.read(plan.id)).state).toBe('Complete');
    const names = (await rig.read(plan.id)).groups.flatMap(({ changes }) =>
      changes.map(({ object }) => object.name),
    );
    expect(names).toEqual(['new', 'newer']);
    again.close();
  });

  it('takes no answer of another cluster', async () => {
    const [asked, other] = [await rig.join('c-one'), await rig.join('c-two')];
    const plan = await rig.ask(['c-one']);
    const { id } = await asked.session.next('question');
    say(other.session, { id, part: 0, state: State.STATE_REFUSED, message: 'not yours' });
    say(asked.session, part(id, 0, finding([], { failure: 'no such folder' })));
    say(asked.session, { id, part: 1, state: State.STATE_COMPLETE, message: 'the rest is fine' });
    await expect.poll(async () => (await rig.read(plan.id)).state).toBe('Failed');
    const seen = await rig.read(plan.id);
    expect(seen.failures).toMatchObject([{ clusters: ['c-one'], message: 'no such folder' }]);
    expect(seen.clusters).toMatchObject([
      { state: 'Failed', message: '1 of 1 Kustomizations cannot be built or applied; the rest is fine' },
    ]);
    for (const { session } of [asked, other]) session.close();
  });

  it('tells of clusters that are offline, silent, revoked or without the source', async () => {
    const [offline, silent, revoked] = [
      await rig.join('d-offline'),
      await rig.join('d-silent'),
      await rig.join('d-revoked'),
    ];
    offline.session.close();
    await rig.api('POST', '/clusters/d-revoked/revoke', { reason: 'gone' });
    const without = await joinFleet(rig.one, 'd-without');
    const empty = await connect(rig.one.agentAddress, without, new TestTable());
    await expect
      .poll(async () => (await rig.api<{ connected: boolean }>('GET', '/clusters/d-offline')).connected)
      .toBe(false);
    const plan = await rig.ask(['d-offline', 'd-silent', 'd-revoked', 'd-without'], { ttlSeconds: 10 });
    await silent.session.next('question');
    await expect
      .poll(async () => (await rig.read(plan.id)).state, { timeout: 30_000, interval: 200 })
      .toBe('Failed');
    expect(
      (await rig.read(plan.id)).clusters.map(({ cluster, state, message }) => [cluster, state, message]),
    ).toEqual([
      ['d-offline', 'Unreachable', 'the cluster was not connected before the deadline'],
      ['d-revoked', 'Refused', expect.stringContaining('revoked')],
      ['d-silent', 'Failed', expect.stringContaining('did not answer before the deadline')],
      ['d-without', 'Refused', expect.stringContaining('not reported')],
    ]);
    for (const session of [silent.session, revoked.session, empty]) session.close();
  });

  it('ends as failed when an agent says more than there is room for', async () => {
    const { session } = await rig.join('e-one');
    const plan = await rig.ask(['e-one']);
    const { id } = await session.next('question');
    const large = 'x'.repeat(1024 * 1024);
    for (let number = 0; number < 10; number += 1) {
      const piece = finding([`m${number}`]);
      piece.changes[0]!.fields[0]!.after = JSON.stringify(large);
      say(session, part(id, number, piece));
    }
    await expect
      .poll(async () => (await rig.read(plan.id)).clusters[0]?.message, { timeout: 20_000 })
      .toMatch(/larger than a plan/);
    session.close();
  });

  it('is heard of in the live stream', async () => {
    const { session } = await rig.join('f-one');
    const response = await fetch(`${rig.one.httpUrl}/api/v1/stream?topics=plans`, {
      headers: { authorization: `Bearer ${rig.adminToken}` },
    });
    const reader = response.body!.getReader();
    let heard = '';
    const reading = (async () => {
      while (!heard.includes('"state":"Complete"')) {
        const { value, done } = await reader.read();
        if (done) return;
        heard += Buffer.from(value).toString();
      }
    })();
    await rig.ask(['f-one']);
    const { id } = await session.next('question');
    say(session, { id, part: 0, state: State.STATE_COMPLETE });
    await reading;
    expect(heard).toMatch(/event: plan\ndata: .*"ref":"refs\/heads\/next"/);
    await reader.cancel();
    session.close();
  });
});

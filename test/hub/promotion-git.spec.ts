import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import { document, pipeline } from './documents.js';
import type { PromotionWorld } from './promotion-world.js';
import { clearFleet, seedEnvironments, startPromotionWorld } from './promotion-world.js';

let world: PromotionWorld;
let web: string;
let runs = 0;
beforeAll(async () => {
  world = await startPromotionWorld(await sharedPostgres());
});
afterAll(async () => world?.stop());
beforeEach(async () => {
  await clearFleet(world);
  await seedEnvironments(world, 'dev', 'staging', 'prod');
  runs += 1;
  web = `git-${runs}x`;
});

const where = (environment: string, release?: { name: string }) =>
  `pipeline=${web}&environment=${environment}${release ? `&release=${release.name}` : ''}`;

const act = (id: string, verb: string, body: object, token?: string) =>
  world.api.ask('POST', `/api/v1/promotions/${id}/${verb}`, {
    body,
    ...(token === undefined ? {} : { token }),
  });

describe('a promotion by Git', () => {
  const byGit = (name: string, more: object = {}) => ({
    name,
    delivery: 'git',
    git: { url: 'https://git.example.com/org/fleet', changes: [{ type: 'copy', from: 'a', to: 'b' }] },
    ...more,
  });

  it('waits until Git holds it, asks its gates again, and rolls out what was merged', async () => {
    world.git.answer = { phase: 'wait', message: 'pull request 7 is open' };
    await world.apply(pipeline(web, [byGit('prod')]));
    await world.release(web);
    const open = await world.until(where('prod'), 'Delivering');
    await waitFor(
      'the pull request',
      async () => (await world.list(where('prod')))[0]?.waitingFor === 'pull request 7 is open',
    );
    const until = new Date(world.api.clock.now().getTime() + 3_600_000).toISOString();
    await world.apply(
      document('Freeze', `f${runs}`, { scope: { organisation: true }, reason: 'sale', until }),
    );
    const merged = {
      source: { kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' },
      revision: 'main@sha1:cafe',
    };
    world.git.answer = { phase: 'done', message: 'merged', revisions: [merged] };
    await world.advance(30_000);
    expect((await world.until(where('prod'), 'Gating')).waitingFor).toBe(
      `freeze: freeze f${runs} until ${until}: sale`,
    );
    await world.advance(3_600_000);
    await world.until(where('prod'), 'RollingOut');
    expect(world.rollouts.started.at(-1)).toMatchObject({
      promotionId: open.id,
      items: [merged],
      delivery: 'git',
    });
  });

  it('goes on without Git when its pipeline does not deliver by Git any more', async () => {
    world.git.answer = { phase: 'wait', message: 'pull request 7 is open' };
    await world.apply(pipeline(web, [byGit('prod')]));
    const { items } = await world.release(web);
    const { id } = await world.until(where('prod'), 'Delivering');
    await waitFor(
      'the pull request',
      async () => (await world.list(where('prod')))[0]?.waitingFor === 'pull request 7 is open',
    );
    await world.apply(pipeline(web, [{ name: 'prod' }]));
    await world.until(where('prod'), 'RollingOut');
    expect(world.rollouts.started.at(-1)).toMatchObject({
      promotionId: id,
      items: [{ revision: items[0]?.revision }],
      delivery: 'pins',
    });
    await world.finish('prod');
    await world.until(where('prod'), 'Promoted');
    await waitFor('what became of the pull request', async () => {
      const { delivery } = (await world.api.ask('GET', `/api/v1/promotions/${id}`)).json();
      return (
        delivery.message ===
        'stays as it is, as the pipeline does not say any more how Git is written: pull request 7 is open'
      );
    });
  });

  it('that is superseded takes its pull request back', async () => {
    world.git.answer = { phase: 'wait', message: 'pull request 7 is open' };
    await world.apply(pipeline(web, [byGit('prod')]));
    const first = await world.release(web);
    const open = await world.until(where('prod', first), 'Delivering');
    await waitFor(
      'the pull request',
      async () => (await world.list(where('prod')))[0]?.waitingFor === 'pull request 7 is open',
    );
    const second = await world.release(web);
    const { reason } = await world.until(where('prod', first), 'Superseded');
    expect(reason).toContain(`superseded by ${second.name}`);
    await waitFor('the pull request to be closed', () =>
      world.git.withdrawn.some(({ id }) => id === open.id),
    );
    expect(world.git.withdrawn.at(-1)?.reason).toBe(reason);
  });

  it('that cannot take its pull request back says why, and tries again later and later', async () => {
    world.git.answer = { phase: 'wait', message: 'pull request 7 is open' };
    world.git.refusal = new Error('the server answered 502');
    await world.apply(pipeline(web, [byGit('prod')]));
    const release = await world.release(web);
    const { id } = await world.until(where('prod', release), 'Delivering');
    const tries = () => world.git.withdrawn.filter((one) => one.id === id).length;
    const failedUntil = async (seconds: number) => {
      const until = new Date(world.api.clock.now().getTime() + seconds * 1_000).toISOString();
      await waitFor('the failure to be told', async () => {
        const one = (await world.api.ask('GET', `/api/v1/promotions/${id}`)).json();
        return one.delivery.message === 'cannot be taken back: the server answered 502' && one;
      });
      const rows = await world.api.database.query('SELECT delivery FROM promotions WHERE id = $1', [id]);
      return rows[0].delivery.until === until;
    };
    await act(id, 'abort', { reason: 'no' });
    await waitFor('the first failure', () => failedUntil(30));
    await world.advance(29_000);
    expect(tries()).toBe(1);
    await world.advance(1_000);
    await waitFor('the second failure', () => failedUntil(60));
    expect(tries()).toBe(2);
    world.git.refusal = null;
    await world.advance(60_000);
    await waitFor('the end', async () => {
      const rows = await world.api.database.query('SELECT delivery FROM promotions WHERE id = $1', [id]);
      return rows[0].delivery.phase === 'withdrawn';
    });
    await world.look();
    expect(tries()).toBe(3);
  });
});

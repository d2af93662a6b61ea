// Whole promotions through a real hub: gates that ask servers, Git that is written, rollouts that follow.
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PromotionView } from '@flotilla/hub/promotions/read-models/promotion-list';
import { ChangeFeed } from '@flotilla/hub/platform/changes/change-feed';
import { PromotionEngine } from '@flotilla/hub/promotions/promotion-engine';
import { ReleaseMaker } from '@flotilla/hub/releases/release-maker';
import { DataSource } from 'typeorm';
import { startGitHost } from '../servers/git-host.js';
import { startGitServer } from '../servers/git-server.js';
import type { GitServer } from '../servers/git-server.js';
import { startTestHub } from '../servers/hub.js';
import { startLoopback } from '../servers/loopback.js';
import type { Loopback, LoopbackAnswer } from '../servers/loopback.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import type { ApiHub } from './api-hub.js';
import { adminToken, startApiHub } from './api-hub.js';
import { revisionOf } from './api-seed.js';
import { pipeline } from './documents.js';
import { RolloutRig, source } from './rollout-rig.js';

const password = 'pa55-of-the-hub';
const image = { type: 'image', file: 'prod.yaml', image: 'app', tagFrom: { file: 'dev.yaml' } };
const kustomization = (tag: string) => `images:\n- name: app\n  newTag: ${tag} # promoted\n`;

let api: ApiHub;
let rig: RolloutRig;
let server: GitServer;
let gate: Loopback;
let said: LoopbackAnswer;
let repository: Awaited<ReturnType<GitServer['createRepository']>>;
let [web, prod] = ['', ''];
let base: string;
let runs = 0;

beforeAll(async () => {
  vi.stubEnv('FLOTILLA_GIT_USER', 'bot');
  vi.stubEnv('FLOTILLA_GIT_PASSWORD', password);
  vi.stubEnv('FLOTILLA_GATE_KEY', password);
  server = await startGitServer({ auth: { username: 'bot', password } });
  gate = await startLoopback(() => said);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server?.stop();
  await gate?.stop();
});
beforeEach(async () => {
  api = await startApiHub(await sharedPostgres());
  runs += 1;
  [web, prod] = [`web-${runs}`, `prod-${runs}`];
  repository = await server.createRepository(`org${runs}/fleet`);
  base = await repository.commit({ 'dev.yaml': kustomization('v2'), 'prod.yaml': kustomization('v1') });
  rig = new RolloutRig(api);
  await rig.environment(prod);
  await rig.cluster(`${prod}-a`, { env: prod }, base);
  said = { body: { phase: 'pass' } };
});
afterEach(() => api?.stop());

async function apply(
  git: object = {},
  more: object = {},
  later: readonly Record<string, unknown>[] = [],
): Promise<void> {
  const delivery = {
    delivery: 'git',
    git: {
      url: repository.url,
      changes: [image],
      usernameEnv: 'FLOTILLA_GIT_USER',
      passwordEnv: 'FLOTILLA_GIT_PASSWORD',
      ...git,
    },
  };
  const body = {
    documents: [
      pipeline(web, [{ name: prod, ...delivery, ...more }, ...later], { releases: { automatic: false } }),
    ],
  };
  const answer = await api.ask('PUT', '/api/v1/apply', { body });
  expect(answer.statusCode, answer.body).toBe(200);
}

async function release(commit: string): Promise<void> {
  const items = [{ source, url: repository.url, revision: revisionOf(commit), digest: null, authors: [] }];
  const made = { pipeline: web, items, createdBy: 'hub', now: api.clock.now() };
  const maker = api.hub.app.get(ReleaseMaker, { strict: false });
  await api.database.transaction((manager) => maker.make(manager, made));
}

/** The promotion of a release, once it has a state. */
function until(name: string, state: string, waitingFor = ''): Promise<PromotionView> {
  return waitFor(
    `${name} to be ${state}`,
    async () => {
      const answer = await api.ask('GET', `/api/v1/promotions?pipeline=${web}&release=${name}`);
      const [one] = answer.json().items as PromotionView[];
      if (one && (one.state !== state || !one.waitingFor.includes(waitingFor)))
        throw new Error(JSON.stringify(one));
      return one;
    },
    { timeoutMs: 30_000 },
  );
}

async function agentMoves(revision: string): Promise<void> {
  await waitFor('the pin', async () => (await rig.pin(`${prod}-a`)) === revision, { timeoutMs: 15_000 });
  await rig.reports(`${prod}-a`, revision.split(':')[1] ?? '');
  await tellOfReports();
}

/** What the gateway says to the others once it has stored a report. */
async function tellOfReports(): Promise<void> {
  const clusterId = rig.clusters.get(`${prod}-a`) ?? '';
  const change = { topic: 'object', clusterId, key: null, deleted: false } as const;
  const feed = api.hub.app.get(ChangeFeed, { strict: false });
  await api.database.transaction((manager) => feed.publish(manager, [change]));
}

const tip = async (): Promise<string> =>
  (await repository.git('ls-remote', 'origin', 'refs/heads/main')).split('\t')[0] ?? '';

/** Time goes by; the agent is still there. */
async function later(milliseconds: number): Promise<void> {
  api.clock.advance(milliseconds);
  await rig.confirm(`${prod}-a`);
  await api.hub.app.get(PromotionEngine, { strict: false }).evaluate({ pipeline: web, environment: prod });
}

/** Stops the hub in the middle of what it does, and starts another one on the same database. */
async function restart(inBetween: () => Promise<void> = async () => undefined): Promise<void> {
  const first = api;
  await first.hub.stop();
  await inBetween();
  const hub = await startTestHub({
    databaseUrl: first.hub.databaseUrl,
    dataDir: first.dataDir,
    clock: first.clock,
  });
  api = {
    ...first,
    hub,
    database: hub.app.get(DataSource),
    ask: (method, url, { body } = {}) =>
      hub.app.inject({
        method: method as 'GET',
        url,
        headers: { authorization: `Bearer ${adminToken}` },
        ...(body && { payload: body }),
      }) as never,
    stop: async () => {
      await hub.stop();
      rmSync(first.dataDir, { recursive: true, force: true });
    },
  };
  rig = Object.assign(new RolloutRig(api), { clusters: rig.clusters });
}

describe('a promotion that is delivered by Git', () => {
  it('asks its gate, is committed, and the rollout follows the commit', async () => {
    await apply(
      {},
      { gates: { before: [{ type: 'webhook', url: gate.url, secretEnv: 'FLOTILLA_GATE_KEY' }] } },
    );
    await release(base);
    await until(`${web}-1`, 'RollingOut');
    const commit = await tip();
    expect(await repository.git('fetch', '--quiet', 'origin')).toBe('');
    expect(await repository.git('show', `${commit}:prod.yaml`)).toBe(kustomization('v2').trim());
    await agentMoves(`main@sha1:${commit}`);
    const { gates } = await until(`${web}-1`, 'Promoted');
    expect(gates).toContainEqual(expect.objectContaining({ name: 'webhook', phase: 'pass' }));
    expect(JSON.parse(gate.requests.at(-1)?.body ?? '')).toMatchObject({ pipeline: web, environment: prod });
    // Whatever was asked and pushed, the secret is nowhere.
    const shown = await api.ask('GET', `/api/v1/promotions?pipeline=${web}`);
    const audit = await api.ask('GET', '/api/v1/audit');
    expect(`${api.log()}${shown.body}${audit.body}`).not.toContain(password);
  });

  it('is healthy at the commit that was made, there and for the environment that comes after', async () => {
    const last = `last-${runs}`;
    await rig.environment(last);
    await rig.cluster(`${last}-a`, { env: last }, base);
    const health = [{ type: 'health' }];
    await apply({}, { gates: { after: health } }, [{ name: last, gates: { before: health } }]);
    await release(base);
    const { id } = await until(`${web}-1`, 'RollingOut');
    const where = (await api.ask('GET', `/api/v1/where/${base}`)).json();
    expect(
      where.clusters.find(({ cluster }: { cluster: string }) => cluster === `${prod}-a`).promotions,
      'the commit of the release is found where what was made of it moves',
    ).toMatchObject([{ environment: prod, promotion: id, rollout: expect.any(String) }]);
    await agentMoves(`main@sha1:${await tip()}`);
    const promoted = await waitFor(
      'both environments to have it',
      async () => {
        const answer = await api.ask('GET', `/api/v1/promotions?pipeline=${web}`);
        const items = answer.json().items as PromotionView[];
        if (items.length < 2 || items.some(({ state }) => state !== 'Promoted')) throw new Error(answer.body);
        return items;
      },
      { timeoutMs: 30_000 },
    );
    expect(
      promoted.map(({ environment, gates }) => [
        environment,
        gates.find(({ type }) => type === 'health')?.message,
      ]),
    ).toEqual([
      [last, `1 of 1 clusters of ${prod} are ready on ${web}-1`],
      [prod, `1 of 1 clusters of ${prod} are ready on ${web}-1`],
    ]);
  });

  it('that has pushed when the hub is killed goes on with that commit, and makes no other one', async () => {
    const hook = join(await repository.git('remote', 'get-url', 'origin'), 'hooks', 'post-receive');
    writeFileSync(hook, '#!/bin/sh\nsleep 20\n');
    chmodSync(hook, 0o755);
    await apply();
    await release(base);
    await waitFor('the commit', async () => (await tip()) !== base, { timeoutMs: 20_000 });
    const commit = await tip();
    await restart(async () => {
      rmSync(hook);
      // Somebody goes on in the meantime: what is there already has to be found below.
      await repository.git('fetch', '--quiet', 'origin');
      await repository.git('reset', '--quiet', '--hard', 'origin/main');
      await repository.commit({ 'prod.yaml': kustomization('v9') });
    });
    const after = await tip();
    await later(31_000);
    await until(`${web}-1`, 'RollingOut');
    await agentMoves(`main@sha1:${commit}`);
    await until(`${web}-1`, 'Promoted');
    expect(await tip()).toBe(after);
  });

  it('goes on after a restart between the commit and the rollout', async () => {
    const asked = { type: 'webhook', url: gate.url, interval: '5s' };
    await apply({}, { gates: { before: [asked] } });
    const hook = join(await repository.git('remote', 'get-url', 'origin'), 'hooks', 'post-receive');
    writeFileSync(hook, '#!/bin/sh\nsleep 2\n');
    chmodSync(hook, 0o755);
    await release(base);
    await waitFor('the commit', async () => (await tip()) !== base, { timeoutMs: 20_000 });
    // What passed before Git was written says wait before the rollout.
    said = { body: { phase: 'wait', message: 'the line is stopped' } };
    api.clock.advance(6_000);
    await rig.confirm(`${prod}-a`);
    await until(`${web}-1`, 'Gating', 'the line is stopped');
    const commit = await tip();
    await restart();
    await until(`${web}-1`, 'Gating', 'the line is stopped');
    said = { body: { phase: 'pass' } };
    await later(6_000);
    await until(`${web}-1`, 'RollingOut');
    await agentMoves(`main@sha1:${commit}`);
    await until(`${web}-1`, 'Promoted');
    expect(await tip()).toBe(commit);
  });

  it('fails with what is wrong in Git', async () => {
    await apply({ changes: [{ ...image, image: 'other' }] });
    await release(base);
    expect((await until(`${web}-1`, 'Failed')).reason).toBe('dev.yaml in main has no image other in images');
  });

  it('by pull request waits for the merge; a newer release closes it and opens its own', async () => {
    const host = await startGitHost('gitea', repository, `org${runs}/fleet`, password);
    try {
      await apply({ provider: 'gitea', apiUrl: host.apiUrl, pullRequest: true });
      await release(base);
      await until(`${web}-1`, 'Delivering', 'pull request #1 is open');
      const newer = await repository.commit({ 'dev.yaml': kustomization('v3') });
      await release(newer);
      expect((await until(`${web}-1`, 'Superseded')).reason).toContain(`${web}-2`);
      await until(`${web}-2`, 'Delivering', 'pull request #2 is open');
      await waitFor('the first to be closed', async () => host.pulls[0]?.state === 'closed');
      expect(host.pulls[0]?.comments).toEqual([expect.stringContaining(`${web}-2`)]);
      const merged = await host.merge(2);
      await later(31_000);
      await until(`${web}-2`, 'RollingOut');
      await agentMoves(`main@sha1:${merged}`);
      await until(`${web}-2`, 'Promoted');
      expect(await repository.git('ls-remote', '--heads', 'origin')).toBe(`${merged}\trefs/heads/main`);
    } finally {
      await host.stop();
    }
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGitServer } from '../servers/git-server.js';
import type { GitServer } from '../servers/git-server.js';
import { revisionOf } from './api-seed.js';
import { environment, pipeline } from './documents.js';
import type { KilledHub } from './killed-hub.js';
import { startKilledHub } from './killed-hub.js';

const old = revisionOf('aaa');
const approval = { type: 'approval' };
const lanes = ['gated', 'moving', 'verified', 'back', 'written'] as const;
type Lane = (typeof lanes)[number];

let hub: KilledHub;
let git: GitServer;
let repository: Awaited<ReturnType<GitServer['createRepository']>>;
let grace: string;

interface Promotion {
  readonly id: string;
  readonly release: string;
  readonly state: string;
  readonly waitingFor: string;
}

beforeAll(async () => {
  git = await startGitServer();
  repository = await git.createRepository('org/fleet');
  hub = await startKilledHub('promotions-kill');
  for (const lane of lanes) await hub.agent(lane, lane, lane === 'back' ? 5_000 : 400);
  const person = { name: 'grace', role: 'operator', emails: ['grace@example.test'] };
  grace = (await hub.api<{ token: string }>('POST', '/api-tokens', person)).token;
});
afterAll(async () => {
  await hub?.stop();
  await git?.stop();
});

async function apply(): Promise<void> {
  const place = (name: Lane, more: object = {}) => ({ name, after: [], queue: 'fifo', ...more });
  const changes = [{ type: 'copy', from: 'next', to: 'live' }];
  const spec = pipeline(
    'web',
    [
      place('gated', { gates: { before: [approval] } }),
      place('moving', { rollout: { soak: '25s' } }),
      place('verified', { gates: { after: [approval] } }),
      place('back', { gates: { after: [approval] } }),
      place('written', { delivery: 'git', git: { url: repository.url, changes } }),
    ],
    { releases: { automatic: false } },
  );
  await hub.api('PUT', '/apply', { documents: [...lanes.map((name) => environment(name)), spec] });
}

async function release(revision: string): Promise<void> {
  await hub.api('POST', '/releases', { pipeline: 'web', items: [{ revision }] });
}

async function promotions(lane: Lane): Promise<readonly Promotion[]> {
  const { items } = await hub.api<{ items: readonly Promotion[] }>('GET', `/promotions?environment=${lane}`);
  return [...items].reverse();
}

/** The states of the promotions of a lane, oldest first. */
async function states(lane: Lane): Promise<string> {
  return (await promotions(lane)).map(({ state }) => state).join(' ');
}

function until(lane: Lane, expected: string): Promise<void> {
  return expect.poll(() => states(lane), { timeout: 90_000, interval: 300 }).toBe(expected);
}

/** Somebody says yes, or no, to the oldest promotion of a lane that waits for people. */
async function say(lane: Lane, verb: 'approve' | 'reject'): Promise<void> {
  const asked = async () =>
    (await promotions(lane)).find(({ waitingFor }) => waitingFor.includes('0 of 1 approvals'));
  await expect.poll(asked, { timeout: 60_000, interval: 300 }).toBeDefined();
  const { id } = (await asked())!;
  await hub.api('POST', `/promotions/${id}/${verb}`, verb === 'reject' ? { reason: 'no' } : {}, grace);
}

/** Each thing that happened to promotions and rollouts, and how often. */
async function happened(): Promise<readonly string[]> {
  const { rows } = await hub.database.query<{ what: string }>(
    `SELECT p.environment || ' ' || p.release_name || ': ' || string_agg(a.action, ', ' ORDER BY a.id) AS what
     FROM promotions p JOIN audit_records a ON a.subject = 'promotion/' || p.id GROUP BY p.id ORDER BY p.environment, p.id`,
  );
  return rows.map(({ what }) => what);
}

describe('a hub that is killed while promotions are in every state', () => {
  it('goes on with each of them, skips none and does nothing twice', { timeout: 280_000 }, async () => {
    const first = `main@sha1:${await repository.commit({ 'next/a.yaml': 'a: 1\n', 'live/a.yaml': 'a: 0\n' })}`;
    const second = `main@sha1:${await repository.commit({ 'next/a.yaml': 'a: 2\n' })}`;
    git.setAvailable(false);
    await apply();
    await release(first);
    await release(second);
    await until('gated', 'Gating Queued');
    await until('verified', 'Verifying Queued');
    await until('written', 'Delivering Queued');
    await until('back', 'Verifying Queued');
    await say('back', 'reject');
    expect([await states('moving'), await states('back')]).toEqual([
      'RollingOut Queued',
      'RollingBack Queued',
    ]);
    for (let kill = 0; kill < 3; kill += 1) {
      await hub.kill();
      await sleep(700);
    }
    git.setAvailable(true);
    for (const lane of ['gated', 'verified', 'gated', 'verified', 'back'] as const)
      await say(lane, 'approve');
    await until('gated', 'Promoted Promoted');
    await until('moving', 'Promoted Promoted');
    await until('verified', 'Promoted Promoted');
    await until('back', 'RolledBack Promoted');
    await until('written', 'Promoted Promoted');

    await repository.git('fetch', '--quiet', 'origin');
    const commits = (await repository.git('log', '--format=%s', 'origin/main')).split('\n');
    expect(commits.slice(0, 2)).toEqual(['Promote web-2 to written', 'Promote web-1 to written']);
    expect(commits).toHaveLength(4);
    const { rows } = await hub.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM rollouts GROUP BY promotion_id',
    );
    expect(rows).toEqual(lanes.flatMap(() => [{ count: 1 }, { count: 1 }]));
    const moves = (lane: Lane) => hub.agents.get(lane)?.moves;
    expect(moves('gated')).toEqual([first, second]);
    expect(moves('moving')).toEqual([first, second]);
    expect(moves('verified')).toEqual([first, second]);
    expect(moves('back')).toEqual([first, old, second]);
    const [once, approved] = [
      'promotion.created, promotion.started, promotion.promoted',
      'promotion.approved',
    ];
    expect(await happened()).toEqual([
      `back web-1: promotion.created, promotion.started, promotion.rejected, promotion.rolling-back, promotion.rolled-back`,
      `back web-2: promotion.created, promotion.started, ${approved}, promotion.promoted`,
      `gated web-1: promotion.created, ${approved}, promotion.started, promotion.promoted`,
      `gated web-2: promotion.created, ${approved}, promotion.started, promotion.promoted`,
      `moving web-1: ${once}`,
      `moving web-2: ${once}`,
      `verified web-1: promotion.created, promotion.started, ${approved}, promotion.promoted`,
      `verified web-2: promotion.created, promotion.started, ${approved}, promotion.promoted`,
      `written web-1: ${once}`,
      `written web-2: ${once}`,
    ]);
  });
});

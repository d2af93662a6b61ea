import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '@flotilla/hub/platform/database/migrate';
import { repositoryRoot } from '../servers/repository-root.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import { startJobReplica } from './job-replica.js';
import type { JobReplica } from './job-replica.js';

let databaseUrl: string;
let database: pg.Client;
let queues = 0;
const replicas: JobReplica[] = [];

/** A replica on the queue, stopped after the test. */
async function replica(queue: string, run: (key: string) => Promise<void>): Promise<JobReplica> {
  const started = await startJobReplica(databaseUrl, queue, run);
  replicas.push(started);
  return started;
}

async function stopAll(): Promise<void> {
  await Promise.all(replicas.splice(0).map((one) => one.stop()));
}

function freshQueue(): string {
  queues += 1;
  return `queue-${queues}`;
}

async function wakes(queue: string): Promise<number> {
  const { rows } = await database.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM job_wakes WHERE queue = $1',
    [queue],
  );
  return rows[0]!.n;
}

const inMs = (milliseconds: number) => new Date(Date.now() + milliseconds);

beforeAll(async () => {
  databaseUrl = await (await sharedPostgres()).createDatabase();
  await migrate(databaseUrl);
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
});
afterEach(stopAll);
afterAll(() => database.end());

describe('a key that is woken', () => {
  it('runs once, and leaves nothing behind', async () => {
    const queue = freshQueue();
    const ran: string[] = [];
    const { jobs } = await replica(queue, async (key) => void ran.push(key));
    await jobs.wake(queue, 'a/b:c "d"');
    await waitFor('the run', () => ran.length > 0 && wakes(queue).then((n) => n === 0));
    expect(ran).toEqual(['a/b:c "d"']);
    const left = await database.query('SELECT FROM bullmq.job WHERE queue = $1', [queue]);
    expect(left.rowCount).toBe(0);
  });

  it('runs once however often it is woken before', async () => {
    const queue = freshQueue();
    const ran: string[] = [];
    const { jobs } = await replica(queue, async (key) => void ran.push(key));
    const at = inMs(500);
    await Promise.all(Array.from({ length: 50 }, () => jobs.wake(queue, 'a', at)));
    await waitFor('the run', () => ran.length > 0);
    await sleep(300);
    expect(ran).toEqual(['a']);
  });

  it('runs again once after a run during which it was woken many times, never at the same time', async () => {
    const queue = freshQueue();
    let [running, most, count] = [0, 0, 0];
    const run = async () => {
      count += 1;
      running += 1;
      most = Math.max(most, running);
      await sleep(200);
      running -= 1;
    };
    const [one, two] = [await replica(queue, run), await replica(queue, run)];
    await one.jobs.wake(queue, 'a');
    await waitFor('the first run', () => count === 1);
    await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 ? one : two).jobs.wake(queue, 'a')));
    await waitFor('the end', () => wakes(queue).then((n) => n === 0));
    expect({ count, most }).toEqual({ count: 2, most: 1 });
  });

  it('runs at the earlier of two times, in either order', async () => {
    const queue = freshQueue();
    const ran: string[] = [];
    const { jobs } = await replica(queue, async (key) => void ran.push(key));
    await jobs.wake(queue, 'later-first', inMs(3_600_000));
    await jobs.wake(queue, 'later-first', inMs(100));
    await jobs.wake(queue, 'earlier-first', inMs(100));
    await jobs.wake(queue, 'earlier-first', inMs(3_600_000));
    await waitFor('both', () => ran.length === 2, { timeoutMs: 5_000 });
    await sleep(200);
    expect([...ran].sort()).toEqual(['earlier-first', 'later-first']);
    expect(await wakes(queue)).toBe(0);
  });

  it('keeps the later time that its own run asks for', async () => {
    const queue = freshQueue();
    const at: number[] = [];
    const { jobs } = await replica(queue, async (key) => {
      at.push(Date.now());
      if (at.length === 1) await jobs.wake(queue, key, inMs(700));
    });
    await jobs.wake(queue, 'a');
    await waitFor('the second run', () => at.length === 2);
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(650);
  });

  it('is shared out: each of many keys runs on exactly one of two replicas', async () => {
    const queue = freshQueue();
    const ran = new Map<string, string[]>();
    const runOn = (name: string) => async (key: string) => {
      ran.set(key, [...(ran.get(key) ?? []), name]);
      await sleep(5);
    };
    const one = await replica(queue, runOn('one'));
    await replica(queue, runOn('two'));
    await Promise.all(Array.from({ length: 200 }, (_, at) => one.jobs.wake(queue, `key-${at}`)));
    await waitFor('all', () => wakes(queue).then((n) => n === 0));
    const counts = [...ran.values()].map((names) => names.length);
    expect({ keys: ran.size, most: Math.max(...counts) }).toEqual({ keys: 200, most: 1 });
    expect(new Set([...ran.values()].flat())).toEqual(new Set(['one', 'two']));
  });
});

describe('what goes wrong', () => {
  it('a run that fails is tried again', async () => {
    const queue = freshQueue();
    let count = 0;
    const { jobs } = await replica(queue, async () => {
      count += 1;
      if (count < 3) throw new Error('not yet');
    });
    await jobs.wake(queue, 'a');
    await waitFor('the third attempt', () => count === 3 && wakes(queue).then((n) => n === 0));
  });

  it('a wake-up survives that all replicas stop and start again', async () => {
    const queue = freshQueue();
    const ran: string[] = [];
    const { jobs } = await replica(queue, async (key) => void ran.push(`first ${key}`));
    await jobs.wake(queue, 'a', inMs(1_000));
    await stopAll();
    await replica(queue, async (key) => void ran.push(`second ${key}`));
    await waitFor('the run', () => ran.length > 0);
    expect(ran).toEqual(['second a']);
  });

  it('a replica that stops finishes what it runs', async () => {
    const queue = freshQueue();
    const seen: string[] = [];
    const { jobs } = await replica(queue, async () => {
      seen.push('begun');
      await sleep(500);
      seen.push('ended');
    });
    await jobs.wake(queue, 'a');
    await waitFor('the begin', () => seen.length > 0);
    await stopAll();
    expect(seen).toEqual(['begun', 'ended']);
    expect(await wakes(queue)).toBe(0);
  });

  it('the job of a killed process runs on another replica', { timeout: 90_000 }, async () => {
    execFileSync(process.execPath, ['node_modules/typescript7/bin/tsc', '-b', 'hub'], {
      cwd: repositoryRoot(),
    });
    const queue = freshQueue();
    const script = join(repositoryRoot(), 'test/hub/job-process.mjs');
    const child = spawn(process.execPath, [script, databaseUrl, queue], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    try {
      await waitFor('the process', () => output.includes('up'));
      const ran: string[] = [];
      const victim = await startJobReplica(databaseUrl, 'none', async () => undefined);
      replicas.push(victim);
      await victim.jobs.wake(queue, 'a');
      await waitFor('the run', () => output.includes('running a'));
      child.kill('SIGKILL');
      await once(child, 'exit');
      await victim.jobs.wake(queue, 'a');
      await replica(queue, async (key) => void ran.push(key));
      await waitFor('the run elsewhere', () => wakes(queue).then((n) => n === 0), { timeoutMs: 60_000 });
      expect(ran).toEqual(['a']);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('a job that got lost between the table and the queue is made again', { timeout: 90_000 }, async () => {
    const queue = freshQueue();
    const ran: string[] = [];
    await database.query(
      `INSERT INTO job_wakes (queue, key, arm, next_at) VALUES ($1, 'a', 'never-made', now() - interval '1 minute')`,
      [queue],
    );
    await replica(queue, async (key) => void ran.push(key));
    await waitFor('the run', () => ran.length > 0);
    expect(ran).toEqual(['a']);
  });

  it('goes on after the database has cut all connections', async () => {
    const queue = freshQueue();
    const ran: string[] = [];
    const { jobs } = await replica(queue, async (key) => void ran.push(key));
    await jobs.wake(queue, 'before');
    await waitFor('the first run', () => ran.length === 1);
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await waitFor('a wake-up', () => jobs.wake(queue, 'after').then(() => true));
    await waitFor('the second run', () => ran.includes('after'), { timeoutMs: 20_000 });
  });
});

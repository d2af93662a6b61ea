// Replicas with --shards on a real control plane. Who wrote what and when is read from the API server's audit log.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  configMap,
  conditionOf,
  type FluxObject,
  gitRepository,
  kustomization,
  manifest,
  type Observed,
} from '../e2e/flux-objects.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import type { Write } from './audit-log.js';
import { Replicas } from './replicas.js';

const count = 60;
const names = Array.from({ length: count }, (_, index) => `app-${String(index).padStart(2, '0')}`);
const args = ['--shards=4', '--concurrent=8', '--requeue-dependency=1s'];

let replicas: Replicas;
let git: GitServer;
let repository: Awaited<ReturnType<GitServer['createRepository']>>;

beforeAll(async () => {
  [replicas, git] = await Promise.all([Replicas.prepare(['one', 'two', 'three']), startGitServer()]);
  repository = await git.createRepository('apps');
  await repository.commit(
    Object.fromEntries(
      names.map((name) => [`${name}/app.yaml`, manifest(configMap('default', name, { v: '1' }))]),
    ),
  );
  await replicas.apply(
    gitRepository('apps', repository.url),
    ...names.map((name) =>
      kustomization(name, { path: `./${name}`, sourceRef: { kind: 'GitRepository', name: 'apps' } }),
    ),
  );
});

afterAll(async () => {
  await replicas?.stop();
  await git?.stop();
});

async function untilAll(
  what: string,
  isRight: (seen: Observed) => boolean,
  timeoutMs = 60_000,
): Promise<void> {
  let wrong: Observed[] = [];
  await waitFor(
    what,
    async () => {
      wrong = (await replicas.kustomizations()).filter((seen) => !isRight(seen));
      return wrong.length === 0;
    },
    { timeoutMs, intervalMs: 200 },
  ).catch((error: Error) => {
    const shown = wrong
      .slice(0, 3)
      .map(({ metadata, status }) => `${metadata.name}: ${JSON.stringify(status?.conditions)}`);
    throw new Error(`${error.message}: ${wrong.length} left: ${shown.join('\n')}`, { cause: error });
  });
}

/** Asks for a reconcile of everything, as `flux reconcile` does. */
async function request(value: string): Promise<void> {
  const annotations = { 'reconcile.fluxcd.io/requestedAt': value };
  await Promise.all(names.map((name) => replicas.patch(kustomization(name), { metadata: { annotations } })));
}

const handled = (value: string) => (seen: Observed) =>
  seen.status?.lastHandledReconcileAt === value && conditionOf(seen, 'Ready')?.status === 'True';

/** Who wrote each object since a time, in order, runs of the same writer as one. */
function writersOf(writes: readonly Write[], since: number): Map<string, string[]> {
  const writers = new Map<string, string[]>();
  for (const { name, user, at } of writes) {
    if (at < since) continue;
    const known = writers.get(name) ?? [];
    if (known.at(-1) !== user) writers.set(name, [...known, user]);
  }
  return writers;
}

async function ownedShards(name: string): Promise<number> {
  const text = await replicas.metrics(name);
  return [...text.matchAll(/^flotilla_agent_shard_owned\{shard="\d+"\} 1$/gm)].length;
}

async function settled(expected: Readonly<Record<string, number>>): Promise<void> {
  await waitFor(`the shards to be spread as ${JSON.stringify(expected)}`, async () => {
    const counts = await Promise.all(Object.keys(expected).map(ownedShards));
    const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b).join();
    return sorted(counts) === sorted(Object.values(expected));
  });
}

describe('replicas with --shards', () => {
  it('begin with one that works on everything', async () => {
    await replicas.start('one', args);
    await untilAll('everything to be ready', (seen) => conditionOf(seen, 'Ready')?.status === 'True');
    expect(await ownedShards('one')).toBe(4);
  });

  it('give an equal part to each that comes, and no object has two writers', async () => {
    const since = Date.now();
    await Promise.all([replicas.start('two', args), replicas.start('three', args)]);
    await settled({ one: 1, two: 1, three: 2 });
    await request('spread');
    await untilAll('everything to be handled', handled('spread'));
    const writers = writersOf(replicas.writes('kustomizations'), since);
    expect(writers.size).toBe(count);
    for (const [name, users] of writers) expect([...new Set(users)], name).toEqual(users);
    const last = [...writers.values()].map((users) => users.at(-1));
    for (const replica of replicas.names)
      expect(last.filter((user) => user === replica).length, replica).toBeGreaterThan(5);
  });

  it('fetch the artifact of a source from the replica that holds it', async () => {
    const since = Date.now();
    const files = names.map((name) => [`${name}/app.yaml`, manifest(configMap('default', name, { v: '2' }))]);
    const commit = await repository.commit(Object.fromEntries(files));
    const annotations = { 'reconcile.fluxcd.io/requestedAt': 'fetch' };
    await replicas.patch(gitRepository('apps', ''), { metadata: { annotations } });
    await untilAll(
      'the commit to be everywhere',
      (seen) => seen.status?.lastAppliedRevision === `main@sha1:${commit}`,
    );
    const usersOf = (resource: string) =>
      new Set(replicas.writes(resource).flatMap(({ user, at }) => (at < since ? [] : [user])));
    expect(usersOf('gitrepositories').size).toBe(1);
    expect(usersOf('configmaps').size).toBe(3);
  });

  it('take over from one that was killed within 15 s', async () => {
    const before = writersOf(replicas.writes('kustomizations'), 0);
    const victim = replicas.names.find((name) => name !== before.get('app-00')?.at(-1)) ?? 'two';
    const since = Date.now();
    await replicas.end(victim, 'SIGKILL');
    await request('after the kill');
    await untilAll('everything to be handled by the others', handled('after the kill'), 15_000);
    const writers = writersOf(replicas.writes('kustomizations'), since);
    for (const [name, users] of writers) {
      expect(users, name).toHaveLength(1);
      expect(users, name).not.toContain(victim);
      // What was another's stays there.
      const owner = before.get(name)?.at(-1);
      if (owner !== victim) expect(users, name).toEqual([owner]);
    }
    await replicas.start(victim, args);
    await settled({ one: 1, two: 1, three: 2 });
  });

  it('give everything away when they are asked to stop, at once and without a gap', async () => {
    const since = Date.now();
    await replicas.end('three', 'SIGTERM');
    await request('after the stop');
    await untilAll('everything to be handled', handled('after the stop'), 8_000);
    for (const [name, users] of writersOf(replicas.writes('kustomizations'), since))
      expect([...new Set(users)], name).toEqual(users);
    await replicas.start('three', args);
    await settled({ one: 1, two: 1, three: 2 });
  });

  it('that stood still write nothing more to what others have taken over', async () => {
    const owner = writersOf(replicas.writes('kustomizations'), 0).get('app-00')?.at(-1) ?? 'one';
    const { pid } = replicas.agent(owner);
    await request('before the pause');
    process.kill(pid, 'SIGSTOP');
    const since = Date.now();
    try {
      await request('in the pause');
      await untilAll('everything to be handled by the others', handled('in the pause'), 20_000);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await settled({ one: 1, two: 1, three: 2 });
    await request('after the pause');
    await untilAll('everything to be handled', handled('after the pause'));
    // One may come back to what it had, but never in the middle of another's work: the last word of each is its own.
    const writes = replicas.writes('kustomizations').filter(({ at }) => at >= since);
    for (const name of names)
      expect(overlapsOf(writes.filter((write) => write.name === name)), name).toEqual([]);
  });

  it('finish what they are at before an object goes to one that comes', async () => {
    const slow = names.slice(0, 8).map((name) => `slow-${name}`);
    await repository.commit(
      Object.fromEntries(slow.map((name) => [`${name}/app.yaml`, manifest(slowDeployment(name, 6))])),
    );
    await replicas.end('three', 'SIGTERM');
    await settled({ one: 2, two: 2 });
    const annotations = { 'reconcile.fluxcd.io/requestedAt': 'slow' };
    await replicas.patch(gitRepository('apps', ''), { metadata: { annotations } });
    const since = Date.now();
    await replicas.apply(
      ...slow.map((name) =>
        kustomization(name, {
          path: `./${name}`,
          wait: true,
          sourceRef: { kind: 'GitRepository', name: 'apps' },
        }),
      ),
    );
    await waitFor('the first wait for health', () =>
      replicas.writes('kustomizations').some(({ name }) => slow.includes(name)),
    );
    await replicas.start('three', args);
    await untilAll('everything to be ready', (seen) => conditionOf(seen, 'Ready')?.status === 'True');
    await settled({ one: 1, two: 1, three: 2 });
    const writers = writersOf(replicas.writes('kustomizations'), since);
    // Whoever began a wait ended it; a replica that came in between begins when the other is done.
    for (const name of slow) expect([...new Set(writers.get(name))], name).toEqual(writers.get(name));
  });
});

/** Ready some seconds after it was made. */
function slowDeployment(name: string, seconds: number): FluxObject {
  const labels = { app: name };
  const containers = [{ name: 'app', image: `app:slow-${seconds}` }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

/** Times at which a writer came back although another had begun; a hand-over looks like A A B B, a fight like A B A. */
function overlapsOf(writes: readonly Write[]): string[] {
  const runs = writes.reduce<string[]>(
    (found, { user }) => (found.at(-1) === user ? found : [...found, user]),
    [],
  );
  return runs.length > new Set(runs).size + 1 ? runs : [];
}

import { appendFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../servers/wait-for.js';
import {
  condition,
  startGitScenario,
  type GitScenario,
  type Remote,
  type Spec,
  soon,
} from './git-scenario.js';

let git: GitScenario;

beforeAll(async () => {
  git = await startGitScenario();
});
afterAll(() => git?.stop());

describe('a failure', () => {
  const checkout = 'failed to checkout and determine revision: ';

  it.each<[string, (repo: Remote) => Promise<Spec>, string, (repo: Remote) => string]>([
    [
      'an empty repository',
      async (repo) => ({ url: repo.url, ref: { branch: 'main' } }),
      'EmptyGitRepository',
      () => 'git repository is empty',
    ],
    [
      'a missing branch',
      async (repo) => (await repo.commit({ a: '1' }), { url: repo.url, ref: { branch: 'gone' } }),
      'GitOperationFailed',
      (repo) => `${checkout}unable to clone '${repo.url}': couldn't find remote ref "refs/heads/gone"`,
    ],
    [
      'a missing tag',
      async (repo) => (await repo.commit({ a: '1' }), { url: repo.url, ref: { tag: 'v9' } }),
      'GitOperationFailed',
      (repo) => `${checkout}unable to clone '${repo.url}': couldn't find remote ref "refs/tags/v9"`,
    ],
    [
      'a range without a match',
      async (repo) => (await repo.commit({ a: '1' }), { url: repo.url, ref: { semver: '>=9.0.0' } }),
      'GitOperationFailed',
      () => `${checkout}no match found for semver: >=9.0.0`,
    ],
    [
      'a missing ref',
      async (repo) => (await repo.commit({ a: '1' }), { url: repo.url, ref: { name: 'refs/pull/9/head' } }),
      'GitOperationFailed',
      () => `${checkout}unable to resolve ref 'refs/pull/9/head' to a specific commit`,
    ],
    [
      'a missing commit',
      async (repo) => (await repo.commit({ a: '1' }), { url: repo.url, ref: { commit: '1'.repeat(40) } }),
      'GitOperationFailed',
      () => `${checkout}unable to resolve commit object for '${'1'.repeat(40)}': object not found`,
    ],
    [
      'a missing Secret',
      async (repo) => ({ url: repo.url, secretRef: { name: 'none' } }),
      'AuthenticationFailed',
      () => `failed to get secret '${git.namespace}/none': secrets "none" not found`,
    ],
  ])('by %s is told and tried again', async (_, spec, reason, message) => {
    const repo = await git.repository();
    const name = await git.create(await spec(repo));

    const object = await git.failing(name, reason);

    expect(condition(object, 'FetchFailed')).toMatchObject({
      status: 'True',
      reason,
      message: message(repo),
    });
    expect(condition(object, 'Ready')?.message).toBe(message(repo));
    expect(condition(object, 'Reconciling')).toMatchObject({
      status: 'True',
      reason: 'ProgressingWithRetry',
    });
    expect(object.status?.observedGeneration).toBe(-1);
    await expect
      .poll(() => git.eventsOf(name)[0], soon)
      .toMatchObject({ severity: 'error', reason, message: message(repo) });
    await waitFor('another try', () => git.eventsOf(name).length > 1);
    await git.apply(name, { ...(await spec(repo)), suspend: true });
  });

  it('ends by itself when the server comes back, and the recovery is told', async () => {
    const repo = await git.repository();
    const commit = await repo.commit({ a: '1' });
    const name = await git.create({ url: repo.url, ref: { branch: 'main' } });
    const before = await git.ready(name);
    git.server.setAvailable(false);
    try {
      await git.request(name);
      const down = await git.failing(name, 'GitOperationFailed');
      expect(condition(down, 'Ready')?.message).toContain(
        `${checkout}unable to list remote for '${repo.url}': `,
      );
      expect(down.status?.artifact).toEqual(before.status?.artifact);
    } finally {
      git.server.setAvailable(true);
    }

    const after = await git.ready(name);
    expect(condition(after, 'FetchFailed')).toBeUndefined();
    await expect
      .poll(() => git.eventsOf(name).filter(({ reason }) => reason === 'Succeeded'), soon)
      .toMatchObject([{ severity: 'info', message: `stored artifact for commit 'main@sha1:${commit}'` }]);
  });
});

describe('credentials', () => {
  it('of a Secret open the repository; wrong ones fail without being shown anywhere', async () => {
    const repo = await git.repository(git.locked);
    const commit = await repo.commit({ a: '1' });
    await git.applySecret('right', { username: 'robot', password: 's3cret-p@ss' });
    await git.applySecret('wrong', { username: 'robot', password: 'wr0ng-p@ss' });
    const spec = { url: repo.url, ref: { branch: 'main' } };
    const inUrl = repo.url.replace('http://', 'http://robot:wr0ng-p%40ss@');

    const good = await git.create({ ...spec, secretRef: { name: 'right' } });
    const bad = [
      await git.create({ ...spec, secretRef: { name: 'wrong' } }),
      await git.create({ ...spec, url: inUrl }),
    ];

    expect((await git.ready(good)).status?.artifact?.revision).toBe(`main@sha1:${commit}`);
    for (const name of bad) {
      const object = await git.failing(name, 'GitOperationFailed');
      expect(condition(object, 'Ready')?.message).toBe(
        `failed to checkout and determine revision: unable to list remote for '${repo.url}': ` +
          'authentication required: the server refuses these credentials',
      );
    }
    const told = JSON.stringify([
      await Promise.all([good, ...bad].map(async (name) => (await git.get(name)).status)),
      git.agent.events,
      git.agent.log,
      git.agent.programs.map(({ args }) => args),
    ]);
    const encoded = ['robot:s3cret-p@ss', 'robot:wr0ng-p@ss'].map((text) =>
      Buffer.from(text).toString('base64'),
    );
    for (const text of ['s3cret', 'wr0ng', ...encoded]) expect(told).not.toContain(text);
  });

  it('that are corrected are used at the next try', async () => {
    const repo = await git.repository(git.locked);
    await repo.commit({ a: '1' });
    await git.applySecret('rotated', { username: 'robot', password: 'wr0ng' });
    const source = await git.create({
      url: repo.url,
      ref: { branch: 'main' },
      secretRef: { name: 'rotated' },
    });
    await git.failing(source, 'GitOperationFailed');

    await git.applySecret('rotated', { username: 'robot', password: 's3cret-p@ss' });

    await git.ready(source);
  });
});

describe('the stored artifact', () => {
  async function stored(): Promise<{ name: string; file: string; digest: string }> {
    const repo = await git.repository();
    await repo.commit({ a: '1' });
    const name = await git.create({ url: repo.url, ref: { branch: 'main' } });
    const { artifact } = (await git.ready(name)).status!;
    return { name, file: path.join(git.agent.storagePath, artifact!.path), digest: artifact!.digest };
  }

  it('is built again when its file is gone', async () => {
    const { name, file, digest } = await stored();
    await rm(file);

    const object = await git.reconciled(name);

    expect((await git.ready(name)).status?.artifact?.digest).toBe(digest);
    expect(await git.agent.artifacts.verify(object.status!.artifact!)).toBe('ok');
    // The content is the same as before it disappeared: nothing new to tell.
    await expect
      .poll(() => git.eventsOf(name).filter(({ reason }) => reason === 'NewArtifact'), soon)
      .toHaveLength(1);
  });

  it('is built again when its file is damaged, which is told', async () => {
    const { name, file, digest } = await stored();
    await appendFile(file, 'damage');

    await git.reconciled(name);

    const object = await git.ready(name);
    expect(object.status?.artifact?.digest).toBe(digest);
    expect(await git.agent.artifacts.verify(object.status!.artifact!)).toBe('ok');
    await expect
      .poll(() => git.eventsOf(name), soon)
      .toContainEqual(
        expect.objectContaining({
          severity: 'error',
          reason: 'ArtifactVerificationFailed',
          message: expect.stringContaining('failed to verify integrity of artifact: ') as string,
        }),
      );
  });

  it('goes with its object, and so does the finalizer', async () => {
    const { name, file } = await stored();

    await git.remove(name);

    await waitFor('the object to go', async () => !(await git.exists(name)));
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });
});
